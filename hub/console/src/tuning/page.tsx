// Where an engineer begins: which sources alarm most, what is wrong with them, what was asked lately, what lacks labels.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { city, gridName, hubNow, ruleTitle } from "../api/city";
import { get } from "../api/http";
import { may, me } from "../api/session";
import { number, percent } from "../health/figures";
import { type Key, t, words } from "../i18n";
import { go, href, place } from "../router";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { useResource } from "../ui/resource";
import { ScrollX } from "../ui/ScrollX";
import { Empty, Failed, Loading, problemText } from "../ui/states";
import { Subject } from "../ui/Subject";
import { Time } from "../ui/Time";
import { refused, told } from "../ui/toast";
import { workOn } from "./address";
import { againOf } from "./again";
import { aboutOf, tookOf } from "./figures";
import { cancel, isOver, type Run } from "./runs";
import { said } from "./sentences";
import { mayTune, TuningHead } from "./Tabs";

interface Source {
  rule: string;
  subject: string;
  grid: string;
  count: number;
  share: number;
  last: string;
  chattering: boolean;
}

interface Needed {
  enough: boolean;
  why_not: string | null;
}

interface Summary {
  items: {
    rule: string;
    true: number;
    false: number;
    missed: number;
    waiting: number;
    precision: Needed;
    recall: Needed;
  }[];
}

const PERIODS: readonly { days: number; words: Key }[] = [
  { days: 1, words: "health.day" },
  { days: 7, words: "health.week" },
  { days: 30, words: "health.month" },
];
const TEN_MINUTES_MS = 600_000;
const DAY_MS = 86_400_000;
const RUNS_AGAIN_MS = 3000;
/** What pages ask by themselves, to know what there is to choose from. */
const ASKED_BY_PAGES: readonly string[] = ["files"];
/** What every move of a slider asks for: once it is answered, nobody looks for it. */
const OF_A_MOMENT: readonly string[] = ["judge", "trace"];

export default function TuningPage() {
  return city.value ? <Start /> : <Loading rows={8} />;
}

function Start() {
  const days = Number(place.value.query.get("days")) || 7;
  const to = Math.ceil(hubNow() / TEN_MINUTES_MS) * TEN_MINUTES_MS;
  const found = useResource(
    (signal) =>
      may("statistics:read")
        ? get<{ sources: Source[] }>("statistics/alarms", {
            query: { from: new Date(to - days * DAY_MS).toISOString(), to: new Date(to).toISOString() },
            signal,
          })
        : Promise.resolve({ sources: [] }),
    [days],
  );
  const summary = useResource((signal) => get<Summary>("tuning/labels/summary", { signal }), []);
  const labelled = new Map((summary.value?.items ?? []).map((one) => [one.rule, one]));
  return (
    <div class="column tuning-start">
      <TuningHead title={t("tuning.title")} about={t("tuning.about")}>
        <fieldset class="choices">
          <legend class="visually-hidden">{t("health.period")}</legend>
          {PERIODS.map((period) => (
            <button
              key={period.days}
              type="button"
              class="button"
              aria-pressed={period.days === days}
              onClick={() => go(`/tuning?days=${period.days}`, { replace: true })}
            >
              {t(period.words)}
            </button>
          ))}
        </fieldset>
      </TuningHead>
      <div class="tuning-columns">
        <section class="panel">
          <header>
            <h2>{t("tuning.bad-actors")}</h2>
            <a href={href("/health")}>{t("tuning.all-health")}</a>
          </header>
          {!found.value ? (
            found.problem ? (
              <Failed problem={found.problem} again={found.again} />
            ) : (
              <Loading rows={5} />
            )
          ) : found.value.sources.length === 0 ? (
            <Empty title={t("tuning.no-actors")}>
              <p>{t("tuning.no-actors-hint")}</p>
              <a class="button" href={href("/tuning/work")}>
                {t("tuning.choose-rule")}
              </a>
            </Empty>
          ) : (
            <Actors sources={found.value.sources} labelled={labelled} span={{ since: to - days * DAY_MS, until: to }} />
          )}
        </section>
        <div class="tuning-side">
          <MyRuns />
          <Lacking summary={summary.value} problem={summary.problem && problemText(summary.problem)} />
        </div>
      </div>
    </div>
  );
}

interface ActorsProps {
  sources: Source[];
  labelled: ReadonlyMap<string, Summary["items"][number]>;
  span: { since: number; until: number };
}

function Actors({ sources, labelled, span }: ActorsProps) {
  return (
    <ScrollX label={t("tuning.bad-actors")}>
      <table class="table cards">
        <thead>
          <tr>
            <th>{t("health.source")}</th>
            <th>{t("health.rule")}</th>
            <th class="number">{t("tuning.alarms")}</th>
            <th class="number">{t("health.share")}</th>
            <th class="number">{t("tuning.false-share")}</th>
            <th>
              <span class="visually-hidden">{t("tuning.tune")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {sources.map((source) => {
            const told = labelled.get(source.rule);
            const said = told ? told.true + told.false : 0;
            return (
              <tr key={`${source.rule} ${source.subject}`}>
                <td>
                  <a href={href(`/alerts/${source.last}`)}>
                    <Subject id={source.subject} />
                  </a>{" "}
                  {source.chattering && (
                    <span class="tag bad" title={t("health.chattering-about")}>
                      {t("health.chatters")}
                    </span>
                  )}
                  <span class="dim"> {gridName(source.grid)}</span>
                </td>
                <td>{ruleTitle(source.rule)}</td>
                <td class="number">
                  {number(source.count)} <span class="dim only-cards">{t("tuning.alarms")}</span>
                </td>
                <td class="number">{percent(source.share)}</td>
                <td class="number" title={t("tuning.false-share-about")}>
                  {told && said > 0 ? (
                    <span class={told.false / said > 0.5 ? "major" : ""}>{percent(told.false / said)}</span>
                  ) : (
                    <span class="dim">{t("tuning.nobody-said")}</span>
                  )}
                </td>
                <td class="number">
                  <a class="button" href={href(workOn(source.rule, source.subject, span))}>
                    <Icon name="sliders" size={15} />
                    <span>{t("tuning.tune")}</span>
                  </a>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </ScrollX>
  );
}

function MyRuns() {
  const found = useResource(async (signal) => {
    const { items } = await get<{ items: Run[] }>("tuning/runs", { query: { mine: true }, signal });
    const named = items.filter((run) => !ASKED_BY_PAGES.includes(run.kind));
    return { items: named.filter((run) => !isOver(run) || !OF_A_MOMENT.includes(run.kind)) };
  }, []);
  const busy = useSignal("");
  const open = found.value?.items.some((run) => !isOver(run)) ?? false;
  useEffect(() => {
    if (!open) return;
    const timer = setInterval(found.again, RUNS_AGAIN_MS);
    return () => clearInterval(timer);
  }, [open]);
  const stop = async (run: Run) => {
    busy.value = run.id;
    try {
      await cancel(run.id);
      told(t("tuning.run.cancelled"));
      found.again();
    } catch (error) {
      refused(error);
    } finally {
      busy.value = "";
    }
  };
  return (
    <section class="panel">
      <header>
        <h2>{t("tuning.my-runs")}</h2>
      </header>
      {!found.value ? (
        found.problem ? (
          <Failed problem={found.problem} again={found.again} />
        ) : (
          <Loading rows={2} />
        )
      ) : found.value.items.length === 0 ? (
        <p class="panel-content dim">{t("tuning.no-runs", { name: me() })}</p>
      ) : (
        <ul class="runs">
          {found.value.items.slice(0, 12).map((run) => (
            <li key={run.id}>
              <div>
                <strong>{words(`tuning.kind.${run.kind}`, run.kind)}</strong>{" "}
                <span class="dim">{aboutOf(run.arguments)}</span>
                <p class="dim">
                  {words(`tuning.state.${run.state}`, run.state)}
                  {run.took_s !== null && isOver(run) && ` · ${t("tuning.took", { span: tookOf(run.took_s) })}`} ·{" "}
                  <Time at={run.created_at} as="ago" />
                </p>
                {run.problem && <p class="field-error">{said(run.problem)}</p>}
                {!isOver(run) && run.note && <p class="dim">{said(run.note)}</p>}
                {!isOver(run) && (
                  <progress max={1} value={run.progress} aria-label={words(`tuning.kind.${run.kind}`, run.kind)} />
                )}
              </div>
              <div class="runs-do">
                {mayTune() && againOf(run) && <a href={href(againOf(run))}>{t("tuning.open-again")}</a>}
                {!isOver(run) && mayTune() && (
                  <Button busy={busy.value === run.id} onClick={() => void stop(run)}>
                    {t("ui.cancel")}
                  </Button>
                )}
              </div>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Lacking({ summary, problem }: { summary: Summary | null; problem: string | null }) {
  const lacking = (summary?.items ?? []).filter((one) => !one.precision.enough || !one.recall.enough);
  return (
    <section class="panel">
      <header>
        <h2>{t("tuning.lacking")}</h2>
        <a href={href("/tuning/labels")}>{t("tuning.to-labels")}</a>
      </header>
      <div class="panel-content">
        {problem && !summary && <p class="field-error">{problem}</p>}
        {summary && summary.items.length === 0 && <p class="dim">{t("tuning.no-labels")}</p>}
        {summary && summary.items.length > 0 && lacking.length === 0 && <p class="dim">{t("tuning.all-enough")}</p>}
        <ul class="lacking">
          {lacking.map((one) => (
            <li key={one.rule}>
              <a href={href(`/tuning/labels?rule=${one.rule}`)}>{ruleTitle(one.rule)}</a>
              <span class="dim">{t("tuning.counts", { true: one.true, false: one.false, missed: one.missed })}</span>
              {one.waiting > 0 && <span class="tag accent">{t("tuning.waiting", { n: one.waiting })}</span>}
            </li>
          ))}
        </ul>
        <p class="field-hint">{t("tuning.lacking-about")}</p>
      </div>
    </section>
  );
}
