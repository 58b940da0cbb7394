// Why an alert was raised, or why none was: the inputs, the detector's states and each predicate with its numbers.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { city, hubNow, ruleTitle } from "../api/city";
import { get } from "../api/http";
import type { Alert } from "../api/types";
import { language, t } from "../i18n";
import { go, href, place } from "../router";
import { readWork, workOn } from "../tuning/address";
import type { Told, Traced } from "../tuning/documents";
import { changesInWords, valueOf } from "../tuning/figures";
import { said } from "../tuning/sentences";
import { traceLanes, whyOf } from "../tuning/lanes";
import { useRun } from "../tuning/runs";
import { TuningHead } from "../tuning/Tabs";
import { Icon } from "../ui/Icon";
import { useResource } from "../ui/resource";
import { ScrollX } from "../ui/ScrollX";
import { SeverityMark } from "../ui/Severity";
import { Empty, Failed, Loading } from "../ui/states";
import { Time } from "../ui/Time";
import { Progress } from "../workbench/Progress";
import type { Stretch } from "../workbench/scale";
import { Timeline } from "../workbench/Timeline";
import { traceOf } from "./address";
import { Asker } from "./Asker";
import { WhatIfs } from "./WhatIfs";
import "../workbench/workbench.css";
import "./trace.css";

const HALF_DAY_MS = 43_200_000;
const AROUND_S = [900, 3600, 6 * 3600] as const;

export default function TracePage() {
  return city.value ? <Trace /> : <Loading rows={8} />;
}

function Trace() {
  const query = place.value.query;
  const id = query.get("alert") ?? "";
  const alert = useResource((signal) => (id ? get<Alert>(`alerts/${id}`, { signal }) : Promise.resolve(null)), [id]);
  if (id && !alert.value)
    return alert.problem ? <Failed problem={alert.problem} again={alert.again} /> : <Loading rows={6} />;
  const given = alert.value;
  const rule = given?.rule ?? query.get("rule") ?? "";
  const subject = given?.subject ?? query.get("subject") ?? "";
  const at = given?.raised_at ?? query.get("at") ?? "";
  if (!rule || !subject || Number.isNaN(Date.parse(at)))
    return (
      <div class="column">
        <TuningHead title={t("tuning.trace")} about={t("tuning.trace-about")} />
        <Asker key={`${rule} ${subject} ${at}`} asked={{ rule, subject, at }} changes={{}} />
        <Empty icon="pulse" title={t("tuning.trace-what")}>
          <p>{t("tuning.trace-what-hint")}</p>
          <a class="button" href={href("/tuning/work")}>
            {t("tuning.work")}
          </a>
        </Empty>
      </div>
    );
  return <Shown key={`${rule} ${subject} ${at}`} rule={rule} subject={subject} at={at} alert={given} />;
}

interface ShownProps {
  rule: string;
  subject: string;
  at: string;
  alert: Alert | null;
}

function told(one: Told): string {
  return language.value === "zh" ? one.text_zh : one.text_en;
}

function Shown({ rule, subject, at, alert }: ShownProps) {
  const { changes } = readWork(place.value.query, hubNow());
  const least = alert ? (Date.parse(alert.raised_at) - Date.parse(alert.since)) / 1000 : 0;
  const aroundS = useSignal<number>(AROUND_S.find((one) => one > least) ?? AROUND_S[2]);
  const middle = Date.parse(at);
  const bounds: Stretch = { from: middle - aroundS.value * 1000, to: middle + aroundS.value * 1000 };
  const view = useSignal<Stretch>(bounds);
  useEffect(() => {
    view.value = bounds;
  }, [aroundS.value]);
  const asked = {
    ...(alert ? { alert_id: alert.id } : { rule, subject, at }),
    around_s: aroundS.value,
    changes,
  };
  const found = useRun<Traced>("trace", { ...asked, what_if: false });
  const traced = found.answer;
  const span = { since: middle - HALF_DAY_MS, until: middle + HALF_DAY_MS };
  return (
    <div class="column trace">
      <TuningHead title={t("tuning.trace")} about={`${ruleTitle(rule)} · ${subject}`}>
        <fieldset class="choices">
          <legend class="visually-hidden">{t("tuning.around")}</legend>
          {AROUND_S.map((s) => (
            <button
              key={s}
              type="button"
              class="button"
              aria-pressed={s === aroundS.value}
              onClick={() => {
                aroundS.value = s;
              }}
            >
              ± {s < 3600 ? t("ui.minute", { n: s / 60 }) : t("ui.hour", { n: s / 3600 })}
            </button>
          ))}
        </fieldset>
        {alert && (
          <a class="button" href={href(`/alerts/${alert.id}`)}>
            {t("tuning.to-alert")}
          </a>
        )}
        <a class="button" href={href(workOn(rule, subject, span))}>
          <Icon name="sliders" size={16} />
          <span>{t("tuning.tune")}</span>
        </a>
      </TuningHead>
      <Asker key={`${rule} ${subject} ${at}`} asked={{ rule, subject, at }} changes={changes} />
      {Object.keys(changes).length > 0 && (
        <p class="notice">{t("tuning.trace-changed", { changes: changesInWords(changes) })}</p>
      )}
      <Progress running={found} />
      {!traced && found.waiting && <Loading rows={6} />}
      {traced && (
        <>
          <section class="panel trace-why" aria-label={t("tuning.why")}>
            <div class="panel-content">
              <p>{whyOf(traced)}</p>
              {traced.facts.length > 0 && (
                <ul class="trace-facts dim">
                  {traced.facts.map((fact) => (
                    <li key={fact.text_en}>{told(fact)}</li>
                  ))}
                </ul>
              )}
              {traced.raised.length > 0 && (
                <>
                  <h3>{t("trace.raised")}</h3>
                  <ul class="trace-raised">
                    {traced.raised.map((one) => (
                      <li key={one.alert_id}>
                        <SeverityMark severity={one.severity} /> <Time at={one.raised_at} as="full" />{" "}
                        {one.subject !== subject && <span class="dim">{one.subject} </span>}
                        {one.recorded_alert_id ? (
                          <a href={href(`/alerts/${one.recorded_alert_id}`)}>{t("trace.recorded")}</a>
                        ) : (
                          <span class="dim">{t("trace.not-recorded")}</span>
                        )}
                      </li>
                    ))}
                  </ul>
                </>
              )}
              {traced.limits.map((limit) => (
                <p key={limit} class="field-hint">
                  {said(limit)}
                </p>
              ))}
            </div>
          </section>
          <WhatIfs asked={asked} rule={rule} subject={subject} span={span} />
          <section class={`panel${found.waiting ? " stale" : ""}`} aria-label={t("tuning.timeline")}>
            <div class="panel-content">
              <Timeline
                lanes={traceLanes(traced, bounds.to)}
                view={view}
                bounds={bounds}
                onMoment={(ms) => go(traceOf({ rule, subject, at: new Date(ms).toISOString() }, changes))}
              />
              <p class="field-hint">{t("trace.choose-moment")}</p>
            </div>
          </section>
          <section class="panel" aria-label={t("tuning.predicates")}>
            <header>
              <h2>{t("tuning.predicates")}</h2>
            </header>
            {traced.predicates.length === 0 ? (
              <p class="panel-content dim">{t("tuning.no-predicates")}</p>
            ) : (
              <ScrollX label={t("tuning.predicates")}>
                <table class="table cards">
                  <thead>
                    <tr>
                      <th>{t("tuning.when")}</th>
                      <th>{t("tuning.predicate")}</th>
                      <th>{t("tuning.holds")}</th>
                      <th class="number">{t("tuning.value")}</th>
                      <th class="number">{t("tuning.limit")}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {traced.predicates.map((one, index) => (
                      <tr key={index}>
                        <td class="nowrap">
                          <Time at={one.at} as="full" />
                        </td>
                        <td>{(language.value === "zh" ? one.text_zh : one.text) || one.name}</td>
                        <td>
                          <span class={`tag ${one.holds ? "good" : "warn"}`}>
                            {t(one.holds ? "tuning.holds-yes" : "tuning.holds-no")}
                          </span>
                        </td>
                        <td class="number">
                          {valueOf(one.value)} <span class="dim">{one.unit}</span>
                        </td>
                        <td class="number dim">{valueOf(one.limit)}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </ScrollX>
            )}
          </section>
        </>
      )}
    </div>
  );
}
