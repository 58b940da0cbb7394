// Labels: what people said was true, found, imported, exported and withdrawn; and what waits for a word.
import { useSignal } from "@preact/signals";
import { city, gridName, hubNow, rules, ruleTitle } from "../api/city";
import { get, remove, send, url } from "../api/http";
import { ApiProblem, asProblem } from "../api/problem";
import { number } from "../health/figures";
import { language, t, words } from "../i18n";
import { go, href, place } from "../router";
import { workOn } from "../tuning/address";
import type { Label, Verdict } from "../tuning/documents";
import { mayTune, TuningHead } from "../tuning/Tabs";
import { Ask } from "../ui/Ask";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { Pager } from "../ui/Pager";
import { useResource } from "../ui/resource";
import { ScrollX } from "../ui/ScrollX";
import { Empty, Failed, Loading, problemText } from "../ui/states";
import { Subject } from "../ui/Subject";
import { Time } from "../ui/Time";
import { told } from "../ui/toast";
import { Sample } from "./Sample";
import "./labels.css";

const VERDICTS: readonly Verdict[] = ["true", "false", "missed"];
const SOURCES = ["verdict", "drawn", "diff", "sample", "import"] as const;
const TONES: Readonly<Record<Verdict, string>> = { true: "good", false: "bad", missed: "warn" };

export default function LabelsPage() {
  return city.value ? <Labels /> : <Loading rows={8} />;
}

function Labels() {
  const query = place.value.query;
  const rule = query.get("rule") ?? "";
  const verdict = query.get("verdict") ?? "";
  const source = query.get("source") ?? "";
  const cursor = query.get("cursor") ?? "";
  const found = useResource(
    (signal) =>
      get<{ items: Label[]; next?: string | null }>("tuning/labels", {
        query: { rule, verdict, source, cursor, limit: 100 },
        signal,
      }),
    [rule, verdict, source, cursor],
  );
  const show = (part: Record<string, string>) => {
    const next = new URLSearchParams();
    for (const [name, value] of Object.entries({ rule, verdict, source, ...part })) if (value) next.set(name, value);
    go(`/tuning/labels?${next}`, { replace: true });
  };
  return (
    <div class="column labels">
      <TuningHead title={t("tuning.labels")} about={t("tuning.labels-about")}>
        {(["jsonl", "csv"] as const).map((format) => (
          <a key={format} class="button" href={url("tuning/labels/export", { format, rule, verdict, source })} download>
            <Icon name="download" size={16} />
            <span>{t(format === "csv" ? "tuning.export-csv" : "tuning.export-jsonl")}</span>
          </a>
        ))}
      </TuningHead>
      {mayTune() && <Import done={found.again} />}
      <Sample rule={rule} done={found.again} />
      <section class="panel">
        <header class="labels-filter">
          <h2>{t("tuning.all-labels")}</h2>
          <select
            aria-label={t("tuning.rule")}
            value={rule}
            onChange={(event) => show({ rule: event.currentTarget.value })}
          >
            <option value="">{t("tuning.any-rule")}</option>
            {[...rules.value.keys()].map((one) => (
              <option key={one} value={one}>
                {ruleTitle(one)}
              </option>
            ))}
          </select>
          <select
            aria-label={t("tuning.verdict")}
            value={verdict}
            onChange={(event) => show({ verdict: event.currentTarget.value })}
          >
            <option value="">{t("tuning.any-verdict")}</option>
            {VERDICTS.map((one) => (
              <option key={one} value={one}>
                {t(`tuning.verdict.${one}`)}
              </option>
            ))}
          </select>
          <select
            aria-label={t("tuning.source")}
            value={source}
            onChange={(event) => show({ source: event.currentTarget.value })}
          >
            <option value="">{t("tuning.any-source")}</option>
            {SOURCES.map((one) => (
              <option key={one} value={one}>
                {t(`tuning.source.${one}`)}
              </option>
            ))}
          </select>
        </header>
        {!found.value ? (
          found.problem ? (
            <Failed problem={found.problem} again={found.again} />
          ) : (
            <Loading rows={5} />
          )
        ) : found.value.items.length === 0 ? (
          rule || verdict || source || cursor ? (
            <Empty icon="search" title={t("tuning.labels-none-such")}>
              <a class="button" href={href("/tuning/labels")}>
                {t("tuning.show-all")}
              </a>
            </Empty>
          ) : (
            <Empty icon="flag" title={t("tuning.labels-none")}>
              <p>{t("tuning.labels-none-hint")}</p>
              <a class="button" href={href("/tuning/work")}>
                {t("tuning.work")}
              </a>
            </Empty>
          )
        ) : (
          <Table labels={found.value.items} done={found.again} />
        )}
        <Pager
          cursor={cursor}
          next={found.value?.next}
          words={{ first: t("tuning.first-page"), next: t("tuning.next-page") }}
          show={(next) => show({ cursor: next })}
        />
      </section>
    </div>
  );
}

function Table({ labels, done }: { labels: readonly Label[]; done: () => void }) {
  const asking = useSignal<Label | null>(null);
  return (
    <ScrollX label={t("tuning.all-labels")}>
      <table class="table cards">
        <thead>
          <tr>
            <th>{t("tuning.verdict")}</th>
            <th>{t("tuning.subject")}</th>
            <th>{t("tuning.rule")}</th>
            <th>{t("tuning.span")}</th>
            <th>{t("tuning.source")}</th>
            <th>{t("tuning.said-by")}</th>
            <th>
              <span class="visually-hidden">{t("tuning.withdraw")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {labels.map((label) => {
            const from = Date.parse(label.since);
            const to = Date.parse(label.until ?? label.since);
            const room = Math.max(3_600_000, to - from);
            const span = { since: from - room, until: Math.min(hubNow(), to + room) };
            return (
              <tr key={label.id}>
                <td>
                  <span class={`tag ${TONES[label.verdict]}`}>{words(`tuning.verdict.${label.verdict}`)}</span>
                  {label.weight !== 1 && (
                    <span class="dim" title={t("tuning.weight-about")}>
                      {" "}
                      ×{number(label.weight, 1)}
                    </span>
                  )}
                </td>
                <td>
                  {label.alert ? (
                    <a href={href(`/alerts/${label.alert}`)}>
                      <Subject id={label.subject} />
                    </a>
                  ) : (
                    <Subject id={label.subject} />
                  )}{" "}
                  <span class="dim">{gridName(label.grid)}</span>
                  {label.reason && <p class="dim">{label.reason}</p>}
                </td>
                <td>{ruleTitle(label.rule)}</td>
                <td class="nowrap">
                  <Time at={label.since} as="full" />
                  {label.until && (
                    <p>
                      <Time at={label.until} as="full" />
                    </p>
                  )}
                </td>
                <td>{words(`tuning.source.${label.source}`, label.source)}</td>
                <td>
                  {label.by}
                  <p class="dim">
                    <Time at={label.at} as="ago" />
                  </p>
                </td>
                <td>
                  <div class="labels-do">
                    <a class="button quiet" href={href(workOn(label.rule, label.subject, span))}>
                      {t("tuning.show-there")}
                    </a>
                    {mayTune() && label.source !== "verdict" && (
                      <Button
                        kind="quiet"
                        icon="trash"
                        onClick={() => {
                          asking.value = label;
                        }}
                      >
                        {t("tuning.withdraw")}
                      </Button>
                    )}
                  </div>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {asking.value && (
        <Withdraw
          label={asking.value}
          done={done}
          onClose={() => {
            asking.value = null;
          }}
        />
      )}
    </ScrollX>
  );
}

function Withdraw({ label, done, onClose }: { label: Label; done: () => void; onClose: () => void }) {
  return (
    <Ask
      danger
      title={t("tuning.withdraw-ask")}
      does={t("tuning.withdraw")}
      onClose={onClose}
      run={async () => {
        await remove(`tuning/labels/${label.id}`);
        told(t("tuning.withdrawn"));
        done();
      }}
    >
      <p>
        {words(`tuning.verdict.${label.verdict}`)} · {ruleTitle(label.rule)} · <Subject id={label.subject} /> ·{" "}
        <Time at={label.since} as="full" />
      </p>
      <p>{t("tuning.withdraw-about")}</p>
    </Ask>
  );
}

interface Imported {
  added: number;
  /** There already, and of these: withdrawn before, which the file does not undo. */
  known: number;
  withdrawn: number;
}

function importedInWords({ added, known, withdrawn }: Imported): string {
  const parts = [t("tuning.imported", { n: number(added) })];
  if (known > 0) parts.push(t("tuning.imported-known", { n: number(known) }));
  if (withdrawn > 0) parts.push(t("tuning.imported-withdrawn", { n: number(withdrawn) }));
  return parts.join(language.value === "zh" ? "，" : ", ");
}

/** A file dragged here, or chosen: all of it is taken, or nothing, with what is wrong by line. */
function Import({ done }: { done: () => void }) {
  const over = useSignal(false);
  const busy = useSignal(false);
  const problem = useSignal<ApiProblem | null>(null);
  const take = async (file: File | undefined) => {
    if (!file || busy.value) return;
    busy.value = true;
    problem.value = null;
    try {
      const type = file.name.toLowerCase().endsWith(".csv") ? "text/csv" : "application/x-ndjson";
      const answer = await send("POST", "tuning/labels/import", new Blob([await file.arrayBuffer()], { type }));
      const said = (await answer.json()) as Imported;
      told(importedInWords(said));
      done();
    } catch (error) {
      problem.value = asProblem(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <section
      class={`panel labels-import${over.value ? " over" : ""}`}
      aria-label={t("tuning.import")}
      onDragOver={(event) => {
        event.preventDefault();
        over.value = true;
      }}
      onDragLeave={() => {
        over.value = false;
      }}
      onDrop={(event) => {
        event.preventDefault();
        over.value = false;
        void take(event.dataTransfer?.files[0]);
      }}
    >
      <label>
        <span class="button">
          <Icon name="plus" size={16} />
          <span>{t("tuning.import")}</span>
        </span>
        <input
          class="visually-hidden"
          type="file"
          accept=".jsonl,.ndjson,.json,.csv"
          disabled={busy.value}
          onChange={(event) => {
            const input = event.currentTarget;
            void take(input.files?.[0]).then(() => {
              input.value = ""; // so that the same file, mended, can be chosen again
            });
          }}
        />
      </label>
      <p class="dim">{busy.value ? t("tuning.importing") : t("tuning.import-hint")}</p>
      {problem.value && (
        <div class="labels-wrong" role="alert">
          <p class="field-error">{problemText(problem.value)}</p>
          <ul>
            {linesOf(problem.value).map((one, index) => (
              <li key={index} class="field-error">
                {one}
              </li>
            ))}
          </ul>
        </div>
      )}
    </section>
  );
}

/** What is wrong by line, as the hub names it. */
function linesOf(problem: ApiProblem): string[] {
  return problem.errors.map((one) => {
    const line = (one as { line?: number }).line ?? /\d+/.exec(one.pointer ?? "")?.[0];
    return line === undefined ? one.detail : t("tuning.line", { line, detail: one.detail });
  });
}
