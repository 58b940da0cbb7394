// One or two thresholds over a range: what each value would have raised, as curves, and a cell chosen among them to try.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Axis, Changes, Question, Swept } from "../tuning/documents";
import { valueOf } from "../tuning/figures";
import { useErrand } from "../tuning/runs";
import { t } from "../i18n";
import { Button } from "../ui/Button";
import { ScrollX } from "../ui/ScrollX";
import { AsOf } from "./AsOf";
import { cellTitle, Curve, Field, Front, Histogram } from "./plots";
import { differing } from "./differing";
import { Progress } from "./Progress";
import type { Tunable } from "./Sliders";
import { firstRange, slideOf, spread } from "./slide";
import { thresholdName } from "./tunables";

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

const MOST_CELLS = 400;
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
  const cell = useSignal<number | null>(null);
  const wrong = useSignal("");
  const found = useErrand<Swept>("sweep");
  const before = found.isFound ? (found.run?.arguments["axes"] as Axis[] | undefined) : undefined;
  useEffect(() => {
    // What was asked before stands in the form again, so that it can be asked a little differently.
    if (!before) return;
    const filled = before.map(({ path, values }): Chosen => ({
      path,
      low: String(Math.min(...values)),
      high: String(Math.max(...values)),
      steps: String(values.length),
    }));
    axes.value = [filled[0] ?? axes.value[0], filled[1] ?? begin("", STEPS.two)];
  }, [JSON.stringify(before)]);
  const put = (n: 0 | 1, axis: Chosen) => {
    axes.value = n === 0 ? [axis, axes.value[1]] : [axes.value[0], axis];
  };
  const axisOf = (chosen: Chosen) => {
    const one = swept.find((tunable) => tunable.path === chosen.path);
    const [low, high] = [Number.parseFloat(chosen.low), Number.parseFloat(chosen.high)];
    if (!one) return null;
    const values = spread(low, high, Math.min(41, Math.max(2, Number(chosen.steps) || STEPS.one)), slideOf(one));
    // What judges now is always among them, so that every cell has it to be compared with.
    if (typeof one.value === "number" && one.value >= low && one.value <= high && !values.includes(one.value))
      values.push(one.value);
    return { path: chosen.path, values: values.sort((a, b) => a - b) };
  };
  const run = () => {
    const chosen = axes.value.filter((one) => one.path);
    const bad = chosen.find((one) => !(Number.parseFloat(one.low) < Number.parseFloat(one.high)));
    wrong.value = bad ? t("tuning.range-wrong", { name: thresholdName(bad.path) }) : "";
    const wanted = chosen.flatMap((one) => axisOf(one) ?? []);
    const cells = wanted.reduce((product, axis) => product * axis.values.length, 1);
    if (cells > MOST_CELLS) wrong.value = t("tuning.too-many-cells", { n: cells, most: MOST_CELLS });
    if (wrong.value || wanted.length === 0) return;
    cell.value = null;
    found.ask({ question, axes: wanted, version: version || null });
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
          <Button type="submit" kind="primary" busy={found.waiting} disabled={swept.length === 0}>
            {t("tuning.sweep-run")}
          </Button>
        </form>
        {wrong.value && <p class="field-error">{wrong.value}</p>}
        <Progress running={found} asked={found.asked !== null} />
        {found.waiting && <p class="field-hint">{t("tuning.goes-on")}</p>}
        {found.isFound && answer && <AsOf run={found.run} />}
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
                    disabled={chosen.scores === null}
                    onClick={() =>
                      onTry(
                        differing(
                          Object.fromEntries(answer.axes.map((axis, n) => [axis.path, chosen.values[n] ?? 0])),
                          tunables,
                        ),
                      )
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
      <figcaption>{t("tuning.by-value", { name: thresholdName(swept.axes[0]?.path ?? "") })}</figcaption>
      <ScrollX label={t("tuning.by-value", { name: thresholdName(swept.axes[0]?.path ?? "") })}>
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
