// The list of cases: by how far they are, narrowed by grid, department and words; rows change in place as they do.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { city, gridName } from "../api/city";
import { get } from "../api/http";
import { departmentName, needPlan, plan, squadName } from "../api/plan";
import { may } from "../api/session";
import type { Page } from "../api/types";
import { type Key, language, t } from "../i18n";
import { go, href, place } from "../router";
import { Button } from "../ui/Button";
import { Pager } from "../ui/Pager";
import { useResource } from "../ui/resource";
import { ScrollX } from "../ui/ScrollX";
import { SeverityMark } from "../ui/Severity";
import { Empty, Failed, Loading } from "../ui/states";
import { Time } from "../ui/Time";
import type { CaseDocument } from "./case";
import { useCaseFeed } from "./live";
import { Due, Flags, StageTag } from "./marks";
import { NewCase } from "./NewCase";
import "./cases.css";

const OPEN = ["collected", "filed", "dispatched", "handling", "done", "verified"];
const ENDED = ["closed", "not_filed", "voided", "merged"];

const FILTERS: Record<string, { words: Key; query: Record<string, string | readonly string[]> }> = {
  open: { words: "cases.filter.open", query: { stage: OPEN } },
  verify: { words: "cases.filter.verify", query: { stage: ["done"] } },
  overdue: {
    words: "cases.filter.overdue",
    query: { stage: OPEN, overdue: "true" },
  },
  suspension: {
    words: "cases.filter.suspension",
    query: { stage: OPEN, suspension: ["asked", "suspended"] },
  },
  ended: { words: "cases.filter.ended", query: { stage: ENDED } },
  all: { words: "cases.filter.all", query: {} },
};
const LIMIT = 50;

export default function CasesPage() {
  const query = place.value.query;
  const filter = FILTERS[query.get("show") ?? "open"] ? (query.get("show") ?? "open") : "open";
  const grid = query.get("grid") ?? "";
  const department = query.get("department") ?? "";
  const q = query.get("q") ?? "";
  const cursor = query.get("cursor") ?? "";
  const fresh = useSignal<ReadonlyMap<string, CaseDocument>>(new Map());
  const unseen = useSignal<ReadonlySet<string>>(new Set());
  const opening = useSignal(false);
  useEffect(() => void needPlan(), []);
  const found = useResource(
    (signal) =>
      get<Page<CaseDocument>>("cases", {
        query: {
          ...FILTERS[filter]?.query,
          grid,
          department,
          q,
          cursor,
          limit: LIMIT,
        },
        signal,
      }),
    [filter, grid, department, q, cursor],
  );
  useEffect(() => {
    fresh.value = new Map();
    unseen.value = new Set();
  }, [found.value]);
  const rows = (found.value?.items ?? []).map((row) => {
    const newer = fresh.value.get(row.id);
    return newer && newer.revision > row.revision ? newer : row;
  });
  const shown = new Set(rows.map((row) => row.id));
  useCaseFeed((changed, type) => {
    if (shown.has(changed.id)) fresh.value = new Map(fresh.value).set(changed.id, changed);
    else if (type === "case.collected" && (!grid || changed.grid === grid))
      unseen.value = new Set(unseen.value).add(changed.id);
  }, found.again);
  const show = (wanted: Record<string, string>) => {
    const next = new URLSearchParams();
    const all = { show: filter, grid, department, q, cursor: "", ...wanted };
    for (const [name, value] of Object.entries(all)) if (value) next.set(name, value);
    go(`/cases?${next}`, { replace: true });
  };
  return (
    <div class="cases">
      <header class="page-head">
        <div>
          <h1>{t("cases.title")}</h1>
          <p class="dim">{t("cases.about")}</p>
        </div>
        {may("cases:file") && (
          <Button
            kind="primary"
            icon="plus"
            onClick={() => {
              opening.value = true;
            }}
          >
            {t("cases.new")}
          </Button>
        )}
      </header>
      <div class="cases-filter">
        <div class="choices">
          {Object.entries(FILTERS).map(([name, one]) => (
            <button
              key={name}
              type="button"
              class="button"
              aria-pressed={name === filter}
              onClick={() => show({ show: name })}
            >
              {t(one.words)}
            </button>
          ))}
        </div>
        <select
          aria-label={t("cases.grid")}
          value={grid}
          onChange={(event) => show({ grid: event.currentTarget.value })}
        >
          <option value="">{t("cases.filter.grid")}</option>
          {(city.value?.grids ?? []).map((one) => (
            <option key={one.id} value={one.id}>
              {one.name || one.id}
            </option>
          ))}
        </select>
        <select
          aria-label={t("cases.department")}
          value={department}
          onChange={(event) => show({ department: event.currentTarget.value })}
        >
          <option value="">{t("cases.filter.department")}</option>
          {(plan.value?.departments ?? []).map((one) => (
            <option key={one.id} value={one.id}>
              {one.name[language.value]}
            </option>
          ))}
        </select>
        <input
          type="search"
          aria-label={t("cases.filter.q")}
          placeholder={t("cases.filter.q")}
          value={q}
          maxLength={200}
          onChange={(event) => show({ q: event.currentTarget.value.trim() })}
        />
      </div>
      {unseen.value.size > 0 && !cursor && (
        <Button kind="quiet" class="cases-new" icon="up" onClick={found.again}>
          {t("cases.changed", { n: unseen.value.size })}
        </Button>
      )}
      {found.problem && !found.value ? (
        <Failed problem={found.problem} again={found.again} />
      ) : !found.value ? (
        <Loading rows={10} />
      ) : rows.length === 0 ? (
        <Empty icon="case" title={t("cases.none")}>
          <p>{t("cases.none-hint")}</p>
        </Empty>
      ) : (
        <section class="panel" aria-busy={found.loading}>
          <ScrollX label={t("cases.title")}>
            <Table rows={rows} />
          </ScrollX>
        </section>
      )}
      <Pager
        cursor={cursor}
        next={found.value?.next}
        words={{ first: t("cases.first"), next: t("cases.next") }}
        show={(to) => show({ cursor: to })}
      />
      {opening.value && (
        <NewCase
          onClose={() => {
            opening.value = false;
          }}
        />
      )}
    </div>
  );
}

function Table({ rows }: { rows: CaseDocument[] }) {
  return (
    <table class="table cases-table">
      <thead>
        <tr>
          <th>{t("cases.number")}</th>
          <th>{t("cases.case")}</th>
          <th>{t("cases.stage")}</th>
          <th>{t("cases.due")}</th>
          <th>{t("cases.department")}</th>
          <th>{t("cases.grid")}</th>
          <th>{t("cases.opened")}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.id}>
            <td class="nowrap">
              <a class="mono" href={href(`/cases/${row.id}`)}>
                {row.number}
              </a>
            </td>
            <td>
              <div class="cases-what">
                <SeverityMark severity={row.severity} />
                <a href={href(`/cases/${row.id}`)}>{row.title}</a>
                {row.place && <span class="dim">{row.place}</span>}
              </div>
              <div class="cases-flags">
                <Flags found={row} />
              </div>
            </td>
            <td class="nowrap">
              <StageTag stage={row.stage} />
            </td>
            <td class="nowrap">
              <Due found={row} />
            </td>
            <td>
              {row.department ? departmentName(row.department) : <span class="dim">{t("cases.no-department")}</span>}
              {row.squad && <p class="dim">{squadName(row.squad)}</p>}
            </td>
            <td class="nowrap">{gridName(row.grid)}</td>
            <td class="nowrap">
              <Time at={row.opened_at} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
