// A search for thresholds that reach a target: the proposal with its reasons, to be tried here; it never applies by itself.
import { useSignal } from "@preact/signals";
import type { Changes, Found, Question } from "../tuning/documents";
import { changesInWords, figureOf } from "../tuning/figures";
import { useRun } from "../tuning/runs";
import { language, t } from "../i18n";
import { number } from "../health/figures";
import { Button } from "../ui/Button";
import { Choice, Line } from "../ui/inputs";
import { Progress } from "./Progress";
import type { Tunable } from "./Sliders";
import { firstRange, slideOf } from "./slide";

interface SearchProps {
  question: Question;
  version: string;
  tunables: readonly Tunable[];
  onTry: (changes: Changes) => void;
}

const MOST_PATHS = 4;

export function Search({ question, version, tunables, onTry }: SearchProps) {
  const searched = tunables.filter((one) => typeof one.value === "number");
  const paths = useSignal<readonly string[]>(searched.slice(0, 2).map((one) => one.path));
  const kind = useSignal("recall_at_least");
  const share = useSignal("95");
  const minimise = useSignal("false_alarms");
  const budget = useSignal("40");
  const asked = useSignal<object | null>(null);
  const found = useRun<Found>("search", asked.value);
  const run = () => {
    const wanted = searched.filter((one) => paths.value.includes(one.path));
    if (wanted.length === 0) return;
    asked.value = {
      question,
      version: version || null,
      paths: wanted.map((one) => {
        const [low, high] = firstRange(Number(one.value), slideOf(one));
        return { path: one.path, low, high };
      }),
      target: { [kind.value]: Math.min(100, Math.max(1, Number(share.value) || 95)) / 100 },
      minimise: minimise.value,
      budget: Math.min(400, Math.max(5, Math.round(Number(budget.value) || 40))),
    };
    found.again();
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
            <Line label={t("tuning.budget")} type="number" min={5} max={400} value={budget} />
          </div>
          <fieldset class="search-paths">
            <legend>{t("tuning.search-paths", { most: MOST_PATHS })}</legend>
            {searched.map((one) => (
              <label key={one.path}>
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
          <Button
            type="submit"
            kind="primary"
            busy={found.waiting && asked.value !== null}
            disabled={paths.value.length === 0}
          >
            {t("tuning.search-run")}
          </Button>
        </form>
        <Progress running={found} asked={asked.value !== null} />
        {!answer && !found.waiting && !found.problem && <p class="dim">{t("tuning.search-hint")}</p>}
        {answer && (
          <div class={`proposal ${found.waiting ? "stale" : ""}`} role="status">
            <p>
              <span class={`tag ${answer.reached ? "good" : "warn"}`}>
                {t(answer.reached ? "tuning.reached" : "tuning.not-reached")}
              </span>{" "}
              <span class="dim">{t("tuning.tried-n", { n: number(answer.tried.length) })}</span>
            </p>
            <ul class="explained">
              {answer.explained.map((one, index) => (
                <li key={index}>{language.value === "zh" ? one.text_zh : one.text_en}</li>
              ))}
            </ul>
            {answer.best && (
              <div class="sweep-chosen">
                <p>
                  <strong>{changesInWords(answer.best.changes) || t("tuning.as-it-is")}</strong>{" "}
                  <span class="dim">
                    {t("tuning.score.recall")} {figureOf("recall", answer.best.scores?.recall.value)} ·{" "}
                    {t("tuning.score.precision")} {figureOf("precision", answer.best.scores?.precision.value)}
                  </span>
                </p>
                <Button kind="primary" onClick={() => onTry(answer.best?.changes ?? {})}>
                  {t("tuning.try")}
                </Button>
              </div>
            )}
            <p class="field-hint">{t("tuning.never-applied")}</p>
          </div>
        )}
      </div>
    </section>
  );
}
