// What the baseline raises and what fixed thresholds raise, on the same places and days, each held to the same labels.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { why } from "../alert/why";
import { hubNow, ruleTitle } from "../api/city";
import { number } from "../health/figures";
import { t, words } from "../i18n";
import { go, href } from "../router";
import { workOn } from "../tuning/address";
import { ESTIMATES, type EstimateName, type Raised } from "../tuning/documents";
import { figureOf, intervalOf, whyNot } from "../tuning/figures";
import { lane, raisedBars } from "../tuning/lanes";
import { useErrand } from "../tuning/runs";
import { said } from "../tuning/sentences";
import { Button } from "../ui/Button";
import { Line } from "../ui/inputs";
import { fromLocal, toLocal } from "../ui/localTime";
import { ScrollX } from "../ui/ScrollX";
import { Subject } from "../ui/Subject";
import { Time } from "../ui/Time";
import { AsOf } from "../workbench/AsOf";
import { Progress } from "../workbench/Progress";
import type { Stretch } from "../workbench/scale";
import { Timeline } from "../workbench/Timeline";
import "../workbench/workbench.css";
import { DAY_MS, type Kind, type Rivals, rivalsAsked, rulesFor, traceOfRaised } from "./documents";

interface CompareProps {
  subjects: readonly string[];
  /** What the places are; of both kinds the rules of both are offered. */
  kinds: readonly Kind[];
}

const SHOWN = 200;
const MOST_RULES = 6;
const CAMERAS: EstimateName = "false_per_camera_day"; // no camera is judged here
const TONES: Readonly<Record<string, string>> = { true: "good", false: "bad", missed: "warn" };

export function Compare({ subjects, kinds }: CompareProps) {
  const offered = kinds.flatMap(rulesFor);
  const off = useSignal<readonly string[]>([]);
  const found = useErrand<Rivals>("baselines");
  const since = useSignal(toLocal(hubNow() - 7 * DAY_MS));
  const until = useSignal(toLocal(hubNow()));
  const wrong = useSignal("");
  const before = found.isFound ? (found.run?.arguments["question"] as { since: string; until: string }) : undefined;
  useEffect(() => {
    // What was asked before stands in the form again, so that it can be asked a little differently.
    if (!before) return;
    since.value = toLocal(Date.parse(before.since));
    until.value = toLocal(Date.parse(before.until));
  }, [before?.since, before?.until]);
  const rules = offered.filter((rule) => !off.value.includes(rule));
  const answer = found.answer;
  const compare = () => {
    const [from, to] = [fromLocal(since.value), fromLocal(until.value)];
    if (from === null || to === null || from >= to) wrong.value = t("baselines.span-wrong");
    else if (rules.length < 2) wrong.value = t("baselines.two-rules");
    else if (rules.length > MOST_RULES) wrong.value = t("baselines.fewer-rules", { n: MOST_RULES });
    else if (subjects.length === 0) wrong.value = t("baselines.pick-first");
    else {
      wrong.value = "";
      found.ask(rivalsAsked(subjects, rules, from, to));
    }
  };
  return (
    <section class="panel" aria-label={t("baselines.compare")}>
      <header>
        <h2>{t("baselines.compare")}</h2>
      </header>
      <div class="panel-content baseline-form">
        <p class="dim">{t("baselines.compare-about")}</p>
        {subjects.length > 0 ? (
          <p>
            {t("baselines.compare-of", { n: subjects.length })}{" "}
            <span class="mono dim">{subjects.slice(0, 12).join(" ")}</span>
            {subjects.length > 12 && <span class="dim"> …</span>}
          </p>
        ) : (
          <p class="notice">{t("baselines.pick-first")}</p>
        )}
        <fieldset class="choices">
          <legend>{t("baselines.rules")}</legend>
          {offered.map((rule) => (
            <label key={rule} class="baseline-rule">
              <input
                type="checkbox"
                checked={!off.value.includes(rule)}
                onChange={() => {
                  off.value = off.value.includes(rule) ? off.value.filter((one) => one !== rule) : [...off.value, rule];
                }}
              />
              {ruleTitle(rule)}
            </label>
          ))}
        </fieldset>
        <form
          class="baseline-fields"
          onSubmit={(event) => {
            event.preventDefault();
            compare();
          }}
        >
          <Line label={t("baselines.since")} type="datetime-local" value={since} />
          <Line label={t("baselines.until")} type="datetime-local" value={until} />
          <Button type="submit" kind="primary" icon="chart" busy={found.waiting}>
            {t("baselines.compare-does")}
          </Button>
        </form>
        {wrong.value && (
          <p class="field-error" role="alert">
            {wrong.value}
          </p>
        )}
        <Progress running={found} asked={found.asked !== null} />
      </div>
      {answer && found.run && (
        <div class={`panel-content baseline-answer ${found.waiting ? "stale" : ""}`}>
          {found.isFound && <AsOf run={found.run} />}
          <Answer answer={answer} span={spanOf(found.run.arguments)} limits={found.run.limits} />
        </div>
      )}
    </section>
  );
}

function spanOf(given: Record<string, unknown>): Stretch {
  const question = given["question"] as { since: string; until: string };
  return { from: Date.parse(question.since), to: Date.parse(question.until) };
}

function Answer({ answer, span, limits }: { answer: Rivals; span: Stretch; limits: readonly string[] }) {
  const view = useSignal<Stretch>(span);
  useEffect(() => {
    view.value = span;
  }, [span.from, span.to]);
  const lanes = answer.rules.map((one) =>
    lane(one.rule, ruleTitle(one.rule), raisedBars(one.raised, span.to), t("baselines.raised-none")),
  );
  const all = answer.rules.flatMap((one) => one.raised).sort((a, b) => a.raised_at.localeCompare(b.raised_at));
  const why = answer.rules.map((one) => whyNot(one.scores)).find(Boolean);
  const shown = ESTIMATES.filter((name) => name !== CAMERAS && answer.rules.some((one) => one.scores[name]));
  const open = (id: string) => {
    const one = all.find((each) => each.alert_id === id);
    if (one) go(traceOfRaised(one));
  };
  return (
    <>
      {answer.without_profile.length > 0 && (
        <p class="notice">{t("baselines.without-profile", { names: answer.without_profile.join(", ") })}</p>
      )}
      {answer.learnt_from_these_days.length > 0 && (
        <p class="notice">{t("baselines.flattered", { names: answer.learnt_from_these_days.join(", ") })}</p>
      )}
      {why && <p class="notice scores-why">{why}</p>}
      <ScrollX label={t("tuning.scores")}>
        <table class="table scores">
          <thead>
            <tr>
              <th>{t("tuning.score")}</th>
              {answer.rules.map((one) => (
                <th key={one.rule} class="number">
                  {ruleTitle(one.rule)} <span class="mono dim">{one.rule}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <tr>
              <td>{t("tuning.raised")}</td>
              {answer.rules.map((one) => (
                <td key={one.rule} class="number">
                  <b>{number(one.raised.length)}</b>
                  <span class="scores-interval dim">
                    {t("baselines.called", {
                      true: one.raised.filter((each) => each.label === "true").length,
                      false: one.raised.filter((each) => each.label === "false").length,
                      none: one.raised.filter((each) => each.label === null).length,
                    })}
                  </span>
                </td>
              ))}
            </tr>
            {shown.map((name) => (
              <tr key={name}>
                <td title={words(`tuning.score.${name}.about`, "")}>{words(`tuning.score.${name}`)}</td>
                {answer.rules.map((one) => (
                  <td key={one.rule} class="number">
                    <b title={one.scores[name]?.why_not || t("tuning.of-labels", { n: one.scores[name]?.n ?? 0 })}>
                      {figureOf(name, one.scores[name]?.value)}
                    </b>
                    <span class="scores-interval dim">{intervalOf(name, one.scores[name])}</span>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollX>
      <p class="field-hint">
        {answer.rules[0] && `${t("tuning.counts", { ...answer.rules[0].scores.labels })} · `}
        {t("baselines.same-labels")} · {t("tuning.intervals")}
      </p>
      <Timeline lanes={lanes} view={view} bounds={span} onPick={(bar) => open(bar.key)} />
      {all.length === 0 ? <p class="dim">{t("baselines.raised-nothing")}</p> : <Alerts alerts={all} span={span} />}
      {limits.length > 0 && (
        <ul class="limits dim">
          {limits.map((limit) => (
            <li key={limit}>{said(limit)}</li>
          ))}
        </ul>
      )}
    </>
  );
}

function Alerts({ alerts, span }: { alerts: readonly Raised[]; span: Stretch }) {
  return (
    <ScrollX label={t("baselines.alerts")}>
      <table class="table cards">
        <thead>
          <tr>
            <th>{t("baselines.raised-at")}</th>
            <th>{t("tuning.rule")}</th>
            <th>{t("baselines.place")}</th>
            <th>{t("baselines.label")}</th>
            <th>{t("baselines.reason")}</th>
            <th>
              <span class="visually-hidden">{t("tuning.trace")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {alerts.slice(0, SHOWN).map((one) => (
            <tr key={`${one.rule} ${one.alert_id}`}>
              <td class="nowrap">
                <Time at={one.raised_at} as="full" />
              </td>
              <td>{ruleTitle(one.rule)}</td>
              <td>
                <Subject id={one.subject} />
              </td>
              <td>
                <span class={`tag ${TONES[one.label ?? ""] ?? ""}`}>
                  {one.label ? words(`tuning.verdict.${one.label}`) : t("baselines.unlabelled")}
                </span>
              </td>
              <td class="dim">{why({ rule: one.rule, reason: { text: one.reason, ...one.numbers } })}</td>
              <td class="nowrap">
                {one.recorded_alert_id && (
                  <>
                    <a href={href(`/alerts/${one.recorded_alert_id}`)}>{t("baselines.live-alert")}</a>{" "}
                  </>
                )}
                <a href={href(traceOfRaised(one))}>{t("tuning.trace")}</a>{" "}
                <a
                  href={href(
                    `${workOn(one.rule, one.subject, { since: span.from, until: span.to })}&set=${one.rule}.enabled%3Dtrue`,
                  )}
                >
                  {t("tuning.tune")}
                </a>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {alerts.length > SHOWN && <p class="dim">{t("baselines.cut", { n: SHOWN, of: alerts.length })}</p>}
    </ScrollX>
  );
}
