// One or two thresholds over a range: what each value would have raised, as curves, and a cell chosen among them to try.
import { useSignal } from "@preact/signals";
import type { Changes, Question, Swept } from "../tuning/documents";
import { valueOf } from "../tuning/figures";
import { useRun } from "../tuning/runs";
import { t } from "../i18n";
import { Button } from "../ui/Button";
import { ScrollX } from "../ui/ScrollX";
import { cellTitle, Curve, Field, Front, Histogram, short } from "./plots";
import { Progress } from "./Progress";
import type { Tunable } from "./Sliders";
import { firstRange, slideOf, spread } from "./slide";

interface SweepProps {
  question: Question;
  version: string;
  tunables: readonly Tunable[];
  onTry: (changes: Changes) => void;
}

interface Chosen {
  path: string;
  low: string;
  high: string;
  steps: string;
}

const STEPS = { one: 11, two: 7 };

export function Sweep({ question, version, tunables, onTry }: SweepProps) {
  const swept = tunables.filter((one) => typeof one.value === "number");
  const begin = (path: string, steps: number): Chosen => {
    const one = swept.find((tunable) => tunable.path === path);
    if (!one || typeof one.value !== "number") return { path: "", low: "", high: "", steps: String(steps) };
    const [low, high] = firstRange(one.value, slideOf(one));
    return { path, low: String(low), high: String(high), steps: String(steps) };
  };
  const axes = useSignal<[Chosen, Chosen]>([begin(swept[0]?.path ?? "", STEPS.one), begin("", STEPS.two)]);
  const asked = useSignal<object | null>(null);
  const cell = useSignal<number | null>(null);
  const found = useRun<Swept>("sweep", asked.value);
  const put = (n: 0 | 1, axis: Chosen) => {
    axes.value = n === 0 ? [axis, axes.value[1]] : [axes.value[0], axis];
  };
  const axisOf = (chosen: Chosen) => {
    const one = swept.find((tunable) => tunable.path === chosen.path);
    const [low, high] = [Number.parseFloat(chosen.low), Number.parseFloat(chosen.high)];
    if (!one || Number.isNaN(low) || Number.isNaN(high)) return null;
    const values = spread(low, high, Math.min(41, Math.max(2, Number(chosen.steps) || STEPS.one)), slideOf(one));
    // What judges now is always among them, so that every cell has it to be compared with.
    if (typeof one.value === "number" && one.value >= low && one.value <= high && !values.includes(one.value))
      values.push(one.value);
    return { path: chosen.path, values: values.sort((a, b) => a - b) };
  };
  const run = () => {
    const wanted = axes.value.flatMap((one) => axisOf(one) ?? []);
    if (wanted.length === 0) return;
    cell.value = null;
    asked.value = { question, axes: wanted, version: version || null };
    found.again();
  };
  const answer = found.answer;
  const chosen = answer && cell.value !== null ? answer.cells[cell.value] : undefined;
  const choose = (index: number) => {
    cell.value = index;
  };
  return (
    <section class="panel" aria-label={t("tuning.sweep")}>
      <header>
        <h2>{t("tuning.sweep")}</h2>
      </header>
      <div class="panel-content sweep">
        <form
          class="sweep-form"
          onSubmit={(event) => {
            event.preventDefault();
            run();
          }}
        >
          {([0, 1] as const).map((n) => {
            const axis = axes.value[n];
            return (
              <fieldset key={n}>
                <legend class="visually-hidden">{t(n === 0 ? "tuning.first-axis" : "tuning.second-axis")}</legend>
                <select
                  aria-label={t(n === 0 ? "tuning.first-axis" : "tuning.second-axis")}
                  value={axis.path}
                  onChange={(event) =>
                    put(n, begin(event.currentTarget.value, n === 0 && !axes.value[1].path ? STEPS.one : STEPS.two))
                  }
                >
                  {n === 1 && <option value="">{t("tuning.no-second")}</option>}
                  {swept
                    .filter((one) => one.path !== axes.value[n === 0 ? 1 : 0].path)
                    .map((one) => (
                      <option key={one.path} value={one.path}>
                        {one.name}
                      </option>
                    ))}
                </select>
                {axis.path && (
                  <>
                    {(["low", "high", "steps"] as const).map((part) => (
                      <label key={part}>
                        <span>{t(`tuning.sweep.${part}`)}</span>
                        <input
                          type="number"
                          step={part === "steps" ? 1 : "any"}
                          min={part === "steps" ? 2 : undefined}
                          max={part === "steps" ? 41 : undefined}
                          value={axis[part]}
                          onInput={(event) => put(n, { ...axis, [part]: event.currentTarget.value })}
                        />
                      </label>
                    ))}
                  </>
                )}
              </fieldset>
            );
          })}
          <Button
            type="submit"
            kind="primary"
            busy={found.waiting && asked.value !== null}
            disabled={swept.length === 0}
          >
            {t("tuning.sweep-run")}
          </Button>
        </form>
        <Progress running={found} asked={asked.value !== null} />
        {!answer && !found.waiting && !found.problem && <p class="dim">{t("tuning.sweep-hint")}</p>}
        {answer && (
          <div class={found.waiting ? "stale" : ""}>
            <div class="sweep-plots">
              {answer.axes.length > 1 && <Field swept={answer} chosen={cell.value} onChoose={choose} />}
              {answer.axes.length === 1 && <Raises swept={answer} chosen={cell.value} onChoose={choose} />}
              <Curve swept={answer} chosen={cell.value} onChoose={choose} />
              <Front swept={answer} chosen={cell.value} onChoose={choose} />
              <Histogram swept={answer} />
            </div>
            <div class="sweep-chosen" role="status">
              {chosen ? (
                <>
                  <p>{cellTitle(answer, chosen).split("\n").join(" · ")}</p>
                  <Button
                    kind="primary"
                    onClick={() =>
                      onTry(Object.fromEntries(answer.axes.map((axis, n) => [axis.path, chosen.values[n] ?? 0])))
                    }
                  >
                    {t("tuning.try")}
                  </Button>
                </>
              ) : (
                <p class="dim">{t("tuning.choose-cell")}</p>
              )}
            </div>
          </div>
        )}
      </div>
    </section>
  );
}

/** Every value of one threshold as a row: reachable by keyboard, and complete where no label tells anything. */
function Raises({
  swept,
  chosen,
  onChoose,
}: {
  swept: Swept;
  chosen: number | null;
  onChoose: (cell: number) => void;
}) {
  const most = Math.max(1, ...swept.cells.map((cell) => cell.raised ?? 0));
  return (
    <figure class="sweep-plot">
      <figcaption>{t("tuning.by-value", { name: short(swept.axes[0]?.path ?? "") })}</figcaption>
      <ScrollX label={t("tuning.by-value", { name: short(swept.axes[0]?.path ?? "") })}>
        <ul class="by-value">
          {swept.cells.map((cell, index) => (
            <li key={index}>
              <button
                type="button"
                class={index === chosen ? "chosen" : ""}
                aria-pressed={index === chosen}
                onClick={() => onChoose(index)}
                title={cellTitle(swept, cell)}
              >
                <span class="by-value-value">{valueOf(cell.values[0])}</span>
                <span class="by-value-bar">
                  <i style={{ width: `${(100 * (cell.raised ?? 0)) / most}%` }} />
                </span>
                <span class="by-value-count">{cell.raised ?? "—"}</span>
                {swept.current.values[0] === cell.values[0] && <span class="tag">{t("tuning.now")}</span>}
                {swept.front.includes(index) && <span class="tag good">{t("tuning.on-front")}</span>}
              </button>
            </li>
          ))}
        </ul>
      </ScrollX>
    </figure>
  );
}
