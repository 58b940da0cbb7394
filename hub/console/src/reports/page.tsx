// Citizens' reports: what came in, what it probably repeats, and what the centre does with each.
import { useSignal } from "@preact/signals";
import { city, gridName, ruleTitle } from "../api/city";
import { get, post } from "../api/http";
import { may } from "../api/session";
import type { Page, Stage } from "../api/types";
import { StageTag } from "../cases/marks";
import { percent } from "../health/figures";
import { t, words } from "../i18n";
import { go, href, place } from "../router";
import { Ask } from "../ui/Ask";
import { Button } from "../ui/Button";
import { Lines } from "../ui/inputs";
import { Pager } from "../ui/Pager";
import { useResource } from "../ui/resource";
import { Empty, Failed, Loading } from "../ui/states";
import { Time } from "../ui/Time";
import { span } from "../ui/time";
import { refused, told } from "../ui/toast";
import "../cases/cases.css";
import "../inbox/inbox.css";
import "./reports.css";

interface Report {
  id: string;
  number: string;
  state: "new" | "linked" | "dismissed";
  open: boolean;
  told: string;
  received_at: string;
  source: string;
  category: string;
  category_name: string;
  description: string;
  address: string;
  grid: string | null;
  placed: string;
  photos: { sha256: string; url: string }[];
  alert: string | null;
  case: { id: string; number: string; stage: Stage; due_at: string | null } | null;
  reason: string | null;
}

interface Likely {
  kind: "alert" | "case" | "report";
  id: string;
  title: string;
  grid: string | null;
  score: number;
  reasons: { why: string; number: number | null }[];
}

interface Contact {
  first_name: string;
  last_name: string;
  phone: string;
  email: string;
  account_id: string;
  device_id: string;
}

export default function ReportsPage() {
  const query = place.value.query;
  const all = query.get("show") === "all";
  const cursor = query.get("cursor") ?? "";
  const found = useResource(
    (signal) =>
      get<Page<Report>>("reports", {
        query: all ? { cursor, limit: 30 } : { state: "new", in_case: false, cursor, limit: 30 },
        signal,
      }),
    [all, cursor],
  );
  return (
    <div class="column">
      <header class="page-head">
        <div>
          <h1>{t("reports.title")}</h1>
          <p class="dim">{t("reports.about")}</p>
        </div>
        <div class="choices">
          <button type="button" class="button" aria-pressed={!all} onClick={() => go("/reports", { replace: true })}>
            {t("reports.new")}
          </button>
          <button
            type="button"
            class="button"
            aria-pressed={all}
            onClick={() => go("/reports?show=all", { replace: true })}
          >
            {t("reports.all")}
          </button>
        </div>
      </header>
      {!found.value ? (
        found.problem ? (
          <Failed problem={found.problem} again={found.again} />
        ) : (
          <Loading rows={5} />
        )
      ) : found.value.items.length === 0 ? (
        <Empty icon="flag" title={t("reports.none")}>
          <p>{t("reports.none-hint")}</p>
        </Empty>
      ) : (
        <ul class="report-list">
          {found.value.items.map((report) => (
            <Card key={report.id} report={report} again={found.again} />
          ))}
        </ul>
      )}
      <Pager
        cursor={cursor}
        next={found.value?.next}
        words={{ first: t("reports.first"), next: t("reports.next") }}
        show={(to) => {
          const next = new URLSearchParams({ ...(all ? { show: "all" } : {}), ...(to ? { cursor: to } : {}) });
          go(`/reports?${next}`, { replace: true });
        }}
      />
    </div>
  );
}

function Card({ report, again }: { report: Report; again: () => void }) {
  const dismissing = useSignal(false);
  const reason = useSignal("");
  const contact = useSignal<Contact | null>(null);
  const act = async (work: () => Promise<unknown>) => {
    try {
      await work();
      told(report.number);
    } catch (error) {
      refused(error);
    }
    again();
  };
  const collect = () =>
    act(async () => {
      const made = await post<{ case: { id: string } }>(`reports/${report.id}/collect`, {});
      go(`/cases/${made.case.id}`);
    });
  const people = contact.value
    ? [
        `${contact.value.last_name}${contact.value.first_name}`,
        contact.value.phone,
        contact.value.email,
        contact.value.account_id,
      ].filter(Boolean)
    : [];
  return (
    <li class="panel report">
      <header>
        <h2>
          {report.category_name} <span class="dim mono">{report.number}</span>
        </h2>
        <span class="tag">{words(`reports.state.${report.state}`)}</span>
        {report.case && (
          <a href={href(`/cases/${report.case.id}`)}>
            {t("reports.case", { number: report.case.number })} <StageTag stage={report.case.stage} />
          </a>
        )}
        <Time at={report.received_at} as="ago" />
      </header>
      <div class="panel-content report-parts">
        <div>
          <p class="report-words">{report.description}</p>
          <p class="dim">
            {[report.address, report.grid ? gridName(report.grid) : t("reports.unplaced"), report.source]
              .filter(Boolean)
              .join(" · ")}
          </p>
          {report.photos.length > 0 && (
            <ul class="photos">
              {report.photos.map((photo) => (
                <li key={photo.sha256}>
                  <a href={photo.url} target="_blank" rel="noreferrer">
                    <img src={photo.url} loading="lazy" alt={t("reports.photos")} />
                  </a>
                </li>
              ))}
            </ul>
          )}
          {report.reason && <p class="notice">{report.reason}</p>}
          <p class="field-hint">{t("reports.told", { told: report.told })}</p>
          {contact.value ? (
            <p>{people.length > 0 ? people.join(" · ") : t("reports.contact-none")}</p>
          ) : (
            may("reports:write") && (
              <Button
                kind="quiet"
                onClick={() =>
                  void get<Contact>(`reports/${report.id}/contact`).then((one) => {
                    contact.value = one;
                  }, refused)
                }
              >
                {`${t("reports.contact")}: ${t("reports.contact-show")}`}
              </Button>
            )
          )}
          {may("reports:write") && (
            <div class="case-actions">
              {report.state === "new" && !report.case && (
                <>
                  {report.grid === null && (
                    <select
                      aria-label={t("reports.place")}
                      value=""
                      onChange={(event) => {
                        const grid = event.currentTarget.value;
                        if (grid) void act(() => post(`reports/${report.id}/place`, { grid }));
                      }}
                    >
                      <option value="">{t("reports.place")}</option>
                      {(city.value?.grids ?? []).map((one) => (
                        <option key={one.id} value={one.id}>
                          {one.name || one.id}
                        </option>
                      ))}
                    </select>
                  )}
                  {report.grid !== null && may("cases:file") && (
                    <Button kind="primary" onClick={() => void collect()}>
                      {t("reports.collect")}
                    </Button>
                  )}
                  <Button
                    kind="danger"
                    onClick={() => {
                      dismissing.value = true;
                    }}
                  >
                    {t("reports.dismiss")}
                  </Button>
                </>
              )}
              {report.state === "dismissed" && (
                <Button onClick={() => void act(() => post(`reports/${report.id}/restore`))}>
                  {t("reports.restore")}
                </Button>
              )}
            </div>
          )}
        </div>
        {report.state === "new" && !report.case && <LikelyOnes report={report} act={act} />}
      </div>
      {dismissing.value && (
        <Ask
          title={`${t("reports.dismiss")} · ${report.number}`}
          does={t("reports.dismiss")}
          danger
          onClose={() => {
            dismissing.value = false;
          }}
          run={async () => {
            await post(`reports/${report.id}/dismiss`, { reason: reason.value.trim() });
            again();
          }}
        >
          <Lines label={t("reports.reason")} value={reason} required maxLength={200} />
        </Ask>
      )}
    </li>
  );
}

function LikelyOnes({ report, act }: { report: Report; act: (work: () => Promise<unknown>) => Promise<void> }) {
  const found = useResource((signal) => get<{ likely: Likely[] }>(`reports/${report.id}`, { signal }), [report.id]);
  if (!found.value)
    return found.problem ? <Failed problem={found.problem} again={found.again} /> : <Loading rows={2} />;
  return (
    <div>
      <h3>{t("reports.likely")}</h3>
      {found.value.likely.length === 0 && <p class="dim">{t("reports.nothing-likely")}</p>}
      <ul class="report-likely">
        {found.value.likely.slice(0, 5).map((one) => (
          <li key={one.id}>
            <span>
              <span class="tag">{words(`reports.kind.${one.kind}`)}</span>{" "}
              {one.kind === "report" ? one.title : <a href={href(`/${one.kind}s/${one.id}`)}>{titleOf(one)}</a>}
              <small class="dim">
                {[t("reports.score", { share: percent(one.score) }), ...one.reasons.map(ground)].join(" · ")}
              </small>
            </span>
            {may("reports:write") && one.kind !== "report" && (
              <Button onClick={() => void act(() => post(`reports/${report.id}/link`, { [one.kind]: one.id }))}>
                {t("reports.link")}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** An alert is titled by its rule and subject; the rule has a name in each language. */
function titleOf(one: Likely): string {
  if (one.kind !== "alert") return one.title;
  const [rule = "", ...subject] = one.title.split(" ");
  return [ruleTitle(rule), ...subject].join(" ");
}

function ground({ why, number }: { why: string; number: number | null }): string {
  return words(`reports.why.${why}`, why)
    .replace("{n}", String(Math.round(number ?? 0)))
    .replace("{span}", span((number ?? 0) * 1000));
}
