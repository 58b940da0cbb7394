// The health of the alarm system over a day, a week or a month, with the sources that spoil it and their thresholds.
import { useSignal } from "@preact/signals";
import { city, gridName, hubNow, ruleTitle } from "../api/city";
import { get } from "../api/http";
import { may } from "../api/session";
import type { Severity } from "../api/types";
import { type Key, t, words } from "../i18n";
import { go, href, place } from "../router";
import { workOn } from "../tuning/address";
import { useResource } from "../ui/resource";
import { ScrollX } from "../ui/ScrollX";
import { SeverityMark } from "../ui/Severity";
import { Empty, Failed, Loading } from "../ui/states";
import { Subject } from "../ui/Subject";
import { Time } from "../ui/Time";
import { number, percent } from "./figures";
import { RateChart } from "./RateChart";
import "./health.css";

interface Measure {
  name: string;
  value: number | null;
  good: number;
  limit: number;
  unit: string;
  mark: "good" | "fair" | "poor" | "none";
}

interface Source {
  rule: string;
  subject: string;
  grid: string;
  count: number;
  share: number;
  last: string;
  chattering: boolean;
}

interface Stale {
  id: string;
  rule: string;
  subject: string;
  grid: string;
  severity: Severity;
  raised_at: string;
}

export interface HealthDocument {
  from: string;
  to: string;
  operators: number;
  alarms: number;
  symptoms: number;
  measures: Measure[];
  per_ten_minutes: number[];
  floods: [number, number][];
  rules: Record<string, number>;
  priorities: Record<string, number>;
  priorities_wanted: Record<string, number>;
  sources: Source[];
  chattering: Source[];
  stale: Stale[];
  stale_count: number;
}

const PERIODS: readonly { days: number; words: Key }[] = [
  { days: 1, words: "health.day" },
  { days: 7, words: "health.week" },
  { days: 30, words: "health.month" },
];
const DESKS = "lianqin.desks";
const TEN_MINUTES_MS = 600_000;

/** The hub's clock sets the period, so it must be known first. */
export default function HealthPage() {
  return city.value ? <Health /> : <Loading rows={8} />;
}

function Health() {
  const days = Number(place.value.query.get("days")) || 1;
  const desks = useSignal(Math.max(1, Number(localStorage.getItem(DESKS)) || 1));
  const found = useResource(
    (signal) => {
      // Whole ten minutes of the clock, so that two looks within them show the same bars.
      const to = Math.ceil(hubNow() / TEN_MINUTES_MS) * TEN_MINUTES_MS;
      const query = {
        from: new Date(to - days * 86_400_000).toISOString(),
        to: new Date(to).toISOString(),
        operators: desks.value,
      };
      return get<HealthDocument>("statistics/alarms", { query, signal });
    },
    [days, desks.value],
  );
  return (
    <div class="health">
      <header class="page-head">
        <div>
          <h1>{t("health.title")}</h1>
          <p class="dim">{t("health.about")}</p>
        </div>
        <div class="page-tools">
          <fieldset class="choices">
            <legend class="visually-hidden">{t("health.period")}</legend>
            {PERIODS.map((period) => (
              <button
                key={period.days}
                type="button"
                class="button"
                aria-pressed={period.days === days}
                onClick={() => go(`/health?days=${period.days}`, { replace: true })}
              >
                {t(period.words)}
              </button>
            ))}
          </fieldset>
          <label class="desks">
            <span>{t("health.operators")}</span>
            <input
              type="number"
              min={1}
              max={100}
              value={desks.value}
              onChange={(event) => {
                const wanted = Math.min(100, Math.max(1, Math.round(Number(event.currentTarget.value)) || 1));
                localStorage.setItem(DESKS, String(wanted));
                desks.value = wanted;
                event.currentTarget.value = String(wanted);
              }}
            />
          </label>
        </div>
      </header>
      {found.problem && !found.value ? (
        <Failed problem={found.problem} again={found.again} />
      ) : found.value ? (
        <Found health={found.value} />
      ) : (
        <Loading rows={8} />
      )}
    </div>
  );
}

function Found({ health }: { health: HealthDocument }) {
  return (
    <>
      <p class="health-total">
        <strong>{t("health.alarms", { n: number(health.alarms) })}</strong>
        {health.symptoms > 0 && <span class="dim">{t("health.symptoms", { n: number(health.symptoms) })}</span>}
      </p>
      <ul class="measures">
        {health.measures.map((measure) => (
          <MeasureCard key={measure.name} measure={measure} />
        ))}
      </ul>
      {health.alarms === 0 && health.stale_count === 0 ? (
        <Empty title={t("health.quiet")}>
          <p>{t("health.quiet-hint")}</p>
        </Empty>
      ) : (
        <div class="health-parts">
          <section class="panel health-rate">
            <header>
              <h2>{t("health.rate")}</h2>
            </header>
            <div class="panel-content">
              <RateChart health={health} />
              <p class="field-hint">{t("health.rate-about")}</p>
            </div>
          </section>
          <Sources
            title={t("health.sources")}
            sources={health.sources}
            span={{ since: Date.parse(health.from), until: Date.parse(health.to) }}
          />
          <div class="health-side">
            <section class="panel">
              <header>
                <h2>{t("health.mix")}</h2>
              </header>
              <div class="panel-content">
                <Mix health={health} />
              </div>
            </section>
            <section class="panel">
              <header>
                <h2>{t("health.per-rule")}</h2>
              </header>
              <div class="panel-content">
                <Rules counts={health.rules} />
              </div>
            </section>
          </div>
          <Standing health={health} />
        </div>
      )}
    </>
  );
}

const MARKS: Record<Measure["mark"], string> = { good: "●", fair: "▲", poor: "◆", none: "–" };

function MeasureCard({ measure }: { measure: Measure }) {
  const show = (value: number) => (measure.unit === "1" ? percent(value) : number(value, value < 10 ? 1 : 0));
  const limits: Key = measure.good === measure.limit ? "health.limit-one" : "health.limits";
  return (
    <li class={`measure ${measure.mark}`}>
      <h3>{words(`health.measure.${measure.name}`)}</h3>
      <p class="measure-value">{measure.value === null ? "—" : show(measure.value)}</p>
      <p class="measure-mark">
        <i aria-hidden="true">{MARKS[measure.mark]}</i> {words(`health.mark.${measure.mark}`)}
      </p>
      <p class="field-hint">{t(limits, { good: show(measure.good), limit: show(measure.limit) })}</p>
    </li>
  );
}

interface SourcesProps {
  title: string;
  sources: Source[];
  span: { since: number; until: number };
}

function Sources({ title, sources, span }: SourcesProps) {
  return (
    <section class="panel health-sources">
      <header>
        <h2>{title}</h2>
      </header>
      <ScrollX label={title}>
        <table class="table">
          <thead>
            <tr>
              <th>{t("health.source")}</th>
              <th>{t("health.rule")}</th>
              <th>{t("health.grid")}</th>
              <th class="number">{t("health.count")}</th>
              <th class="number">{t("health.share")}</th>
              <th>
                <span class="visually-hidden">{t("health.tune")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {sources.map((source) => (
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
                </td>
                <td>{ruleTitle(source.rule)}</td>
                <td class="nowrap">{gridName(source.grid)}</td>
                <td class="number">{number(source.count)}</td>
                <td class="number">{percent(source.share)}</td>
                <td class="number">
                  {may("tune:write") ? (
                    <a href={href(workOn(source.rule, source.subject, span))}>{t("tuning.tune")}</a>
                  ) : (
                    <a href={href(`/rules/${source.rule}`)}>{t("health.tune")}</a>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollX>
    </section>
  );
}

function Mix({ health }: { health: HealthDocument }) {
  return (
    <ul class="mix">
      {["high", "medium", "low"].map((priority) => {
        const share = health.priorities[priority] ?? 0;
        const wanted = health.priorities_wanted[priority] ?? 0;
        return (
          <li key={priority}>
            <span>{words(`health.mix.${priority}`)}</span>
            <meter
              class={`mix-${priority}`}
              min={0}
              max={1}
              value={share}
              aria-label={words(`health.mix.${priority}`)}
            />
            <strong>{percent(share)}</strong>
            <span class="dim">{t("health.mix-wanted", { share: percent(wanted) })}</span>
          </li>
        );
      })}
    </ul>
  );
}

function Rules({ counts }: { counts: Record<string, number> }) {
  const rows = Object.entries(counts);
  const most = Math.max(1, ...rows.map(([, count]) => count));
  return (
    <ul class="mix">
      {rows.map(([rule, count]) => (
        <li key={rule}>
          <a href={href(`/rules/${rule}`)}>{ruleTitle(rule)}</a>
          <meter min={0} max={most} value={count} aria-label={ruleTitle(rule)} />
          <strong>{number(count)}</strong>
        </li>
      ))}
    </ul>
  );
}

function Standing({ health }: { health: HealthDocument }) {
  return (
    <section class="panel health-stale">
      <header>
        <h2>{t("health.stale-list")}</h2>
        {health.stale_count > health.stale.length && (
          <span class="dim">{t("health.stale-more", { n: number(health.stale_count) })}</span>
        )}
      </header>
      {health.stale.length === 0 ? (
        <p class="panel-content dim">{t("health.no-stale")}</p>
      ) : (
        <ScrollX label={t("health.stale-list")}>
          <table class="table">
            <tbody>
              {health.stale.map((alarm) => (
                <tr key={alarm.id}>
                  <td>
                    <SeverityMark severity={alarm.severity} />
                  </td>
                  <td>
                    <a href={href(`/alerts/${alarm.id}`)}>
                      <Subject id={alarm.subject} />
                    </a>
                  </td>
                  <td>{ruleTitle(alarm.rule)}</td>
                  <td class="nowrap">{gridName(alarm.grid)}</td>
                  <td class="nowrap">
                    <Time at={alarm.raised_at} as="ago" />
                  </td>
                  <td>
                    <a href={href(`/rules/${alarm.rule}`)}>{t("health.tune")}</a>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollX>
      )}
    </section>
  );
}
