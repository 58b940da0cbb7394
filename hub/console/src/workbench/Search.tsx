// A search for thresholds that reach a target: the proposal with its reasons, to be tried here; it never applies by itself.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Changes, Found, Question } from "../tuning/documents";
import { figureOf, intervalOf, valueOf } from "../tuning/figures";
import { useErrand } from "../tuning/runs";
import { language, t, words } from "../i18n";
import { number } from "../health/figures";
import { Button } from "../ui/Button";
import { Choice, Line } from "../ui/inputs";
import { AsOf } from "./AsOf";
import { differing } from "./differing";
import { Progress } from "./Progress";
import type { Tunable } from "./Sliders";
import { firstRange, slideOf } from "./slide";
import { thresholdName } from "./tunables";
import "./search.css";

interface SearchProps {
  question: Question;
  version: string;
  tunables: readonly Tunable[];
  onTry: (changes: Changes) => void;
}

const MOST_PATHS = 4;
const MOST_TRIALS = 400;
const LEAST_TRIALS = 5;

interface Range {
  low: string;
  high: string;
}

interface Asked {
  paths: { path: string; low: number; high: number }[];
  target: { recall_at_least?: number | null; precision_at_least?: number | null };
  minimise: string;
  budget: number;
}

const rangeOf = (one: Tunable): Range => {
  const [low, high] = firstRange(Number(one.value), slideOf(one));
  return { low: String(low), high: String(high) };
};

export function Search({ question, version, tunables, onTry }: SearchProps) {
  const searched = tunables.filter((one) => typeof one.value === "number");
  const paths = useSignal<readonly string[]>(searched.slice(0, 2).map((one) => one.path));
  const ranges = useSignal<Readonly<Record<string, Range>>>({});
  const kind = useSignal("recall_at_least");
  const share = useSignal("95");
  const minimise = useSignal("false_alarms");
  const budget = useSignal("40");
  const wrong = useSignal("");
  const found = useErrand<Found>("search");
  const before = found.isFound ? (found.run?.arguments as Asked | undefined) : undefined;
  useEffect(() => {
    // What was asked before stands in the form again, so that it can be asked a little differently.
    if (!before) return;
    const { recall_at_least: recall, precision_at_least: precision } = before.target;
    paths.value = before.paths.map((one) => one.path);
    ranges.value = Object.fromEntries(
      before.paths.map((one) => [one.path, { low: String(one.low), high: String(one.high) }]),
    );
    kind.value = recall == null ? "precision_at_least" : "recall_at_least";
    share.value = String(Number((100 * (recall ?? precision ?? 0.95)).toPrecision(4)));
    minimise.value = before.minimise;
    budget.value = String(before.budget);
  }, [JSON.stringify(before)]);
  const chosen = searched.filter((one) => paths.value.includes(one.path));
  const run = () => {
    const wanted = chosen.map((one) => {
      const range = ranges.value[one.path] ?? rangeOf(one);
      return { path: one.path, low: Number.parseFloat(range.low), high: Number.parseFloat(range.high) };
    });
    const bad = wanted.find((one) => !(one.low < one.high));
    const percent = Number(share.value);
    const trials = Math.round(Number(budget.value));
    wrong.value = bad
      ? t("tuning.range-wrong", { name: thresholdName(bad.path) })
      : !(percent >= 1 && percent <= 100)
        ? t("tuning.percent-wrong")
        : !(trials >= LEAST_TRIALS && trials <= MOST_TRIALS)
          ? t("tuning.budget-wrong", { least: LEAST_TRIALS, most: MOST_TRIALS })
          : "";
    if (wrong.value || wanted.length === 0) return;
    found.ask({
      question,
      version: version || null,
      paths: wanted,
      target: { [kind.value]: percent / 100 },
      minimise: minimise.value,
      budget: trials,
    });
  };
  const answer = found.answer;
  return (
    <section class="panel" aria-label={t("tuning.search")}>
      <header>
        <h2>{t("tuning.search")}</h2>
      </header>
      <div class="panel-content search-target">
        <form
          class="search-form"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            run();
          }}
        >
          <div class="search-fields">
            <Choice
              label={t("tuning.target")}
              value={kind}
              options={[
                { value: "recall_at_least", words: t("tuning.target.recall") },
                { value: "precision_at_least", words: t("tuning.target.precision") },
              ]}
            />
            <Line label={t("tuning.target.percent")} type="number" min={1} max={100} value={share} />
            <Choice
              label={t("tuning.minimise")}
              value={minimise}
              options={[
                { value: "false_alarms", words: t("tuning.minimise.false_alarms") },
                { value: "delay", words: t("tuning.minimise.delay") },
              ]}
            />
            <Line label={t("tuning.budget")} type="number" min={LEAST_TRIALS} max={MOST_TRIALS} value={budget} />
          </div>
          <fieldset class="search-paths">
            <legend>{t("tuning.search-paths", { most: MOST_PATHS })}</legend>
            {searched.map((one) => (
              <label key={one.path} title={`${one.path}\n${one.meaning}`}>
                <input
                  type="checkbox"
                  checked={paths.value.includes(one.path)}
                  disabled={!paths.value.includes(one.path) && paths.value.length >= MOST_PATHS}
                  onChange={(event) => {
                    const rest = paths.value.filter((path) => path !== one.path);
                    paths.value = event.currentTarget.checked ? [...rest, one.path] : rest;
                  }}
                />
                <span>{one.name}</span>
              </label>
            ))}
          </fieldset>
          {chosen.length > 0 && (
            <ul class="search-ranges">
              {chosen.map((one) => (
                <Between
                  key={one.path}
                  tunable={one}
                  range={ranges.value[one.path] ?? rangeOf(one)}
                  onChange={(range) => {
                    ranges.value = { ...ranges.value, [one.path]: range };
                  }}
                />
              ))}
            </ul>
          )}
          {wrong.value && <p class="field-error">{wrong.value}</p>}
          <Button type="submit" kind="primary" busy={found.waiting} disabled={paths.value.length === 0}>
            {t("tuning.search-run")}
          </Button>
        </form>
        <Progress running={found} asked={found.asked !== null} />
        {found.waiting && <p class="field-hint">{t("tuning.goes-on")}</p>}
        {!answer && !found.waiting && !found.problem && <p class="dim">{t("tuning.search-hint")}</p>}
        {found.isFound && answer && <AsOf run={found.run} />}
        {answer && (
          <Proposal answer={answer} stale={found.waiting} onTry={(values) => onTry(differing(values, tunables))} />
        )}
      </div>
    </section>
  );
}

interface BetweenProps {
  tunable: Tunable;
  range: Range;
  onChange: (range: Range) => void;
}

/** Between which values one threshold is searched. */
function Between({ tunable, range, onChange }: BetweenProps) {
  return (
    <li>
      <span>{tunable.name}</span>
      {(["low", "high"] as const).map((end) => (
        <label key={end}>
          <span class="dim">{t(`tuning.sweep.${end}`)}</span>
          <input
            type="number"
            step="any"
            aria-label={`${tunable.name} ${t(`tuning.sweep.${end}`)}`}
            value={range[end]}
            onInput={(event) => onChange({ ...range, [end]: event.currentTarget.value })}
          />
        </label>
      ))}
      <span class="dim">{words(`tuning.unit.${tunable.unit}`, tunable.unit)}</span>
    </li>
  );
}

/** The sentence with the names that the page gives thresholds, in place of their paths. */
function named(sentence: string, { tried }: Found): string {
  const paths = Object.keys(tried[0]?.changes ?? {}).sort((a, b) => b.length - a.length);
  return paths.reduce((text, path) => text.replaceAll(path, thresholdName(path)), sentence);
}

function Proposal({ answer, stale, onTry }: { answer: Found; stale: boolean; onTry: (changes: Changes) => void }) {
  const best = answer.best;
  const changes = Object.entries(best?.changes ?? {});
  return (
    <div class={`search-answer ${answer.reached ? "reached" : ""} ${stale ? "stale" : ""}`} role="status">
      <p>
        <span class={`tag ${answer.reached ? "good" : "warn"}`}>
          {t(answer.reached ? "tuning.reached" : best ? "tuning.not-reached" : "tuning.not-known")}
        </span>{" "}
        <span class="dim">{t("tuning.tried-n", { n: number(answer.tried.length) })}</span>
      </p>
      {best && (
        <div class="sweep-chosen">
          <div>
            <p>
              {changes.length === 0 ? (
                <strong>{t("tuning.as-it-is")}</strong>
              ) : (
                changes.map(([path, value]) => (
                  <strong key={path} class="proposed" title={path}>
                    {thresholdName(path)} = {valueOf(value)}
                  </strong>
                ))
              )}
            </p>
            <p class="dim">
              {(["recall", "precision"] as const).map((name) => (
                <span key={name} class="proposed">
                  {t(`tuning.score.${name}`)} {figureOf(name, best.scores?.[name].value)}{" "}
                  {intervalOf(name, best.scores?.[name]) && `(${intervalOf(name, best.scores?.[name])})`}
                </span>
              ))}
            </p>
          </div>
          <Button kind="primary" onClick={() => onTry(best.changes)}>
            {t("tuning.try")}
          </Button>
        </div>
      )}
      <ul class="explained">
        {answer.explained.map((one, index) => (
          <li key={index}>{named(language.value === "zh" ? one.text_zh : one.text_en, answer)}</li>
        ))}
      </ul>
      <p class="field-hint">{t("tuning.never-applied")}</p>
    </div>
  );
}
