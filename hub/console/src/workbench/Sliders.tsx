// The rule's thresholds as sliders: unit, range, what is shipped, where the value in force comes from.
import { useSignal } from "@preact/signals";
import type { Changes, Threshold, Value } from "../tuning/documents";
import { valueOf } from "../tuning/figures";
import { t, words } from "../i18n";
import { Button } from "../ui/Button";
import { span } from "../ui/time";
import { slideOf, toPosition, toValue } from "./slide";
import "./sliders.css";

/** A threshold as it counts for what is looked at. */
export interface Tunable extends Threshold {
  /** What it is called where the path alone tells little. */
  name: string;
  /** Where the value in force comes from: "default", "file", an override's name; "" where that is not told. */
  from: string;
}

interface SlidersProps {
  tunables: readonly Tunable[];
  changes: Changes;
  onChange: (changes: Changes) => void;
}

const STEPS = 1000;
const FIRST = 5;

/** The first thresholds of a rule are those one begins with; the others are folded until one of them is moved. */
export function Sliders({ tunables, changes, onChange }: SlidersProps) {
  const first = tunables.filter(
    (one, index) => (index < FIRST && !one.path.includes(".ranges.")) || one.path in changes,
  );
  const rest = tunables.filter((one) => !first.includes(one));
  return (
    <>
      <Rows tunables={first} changes={changes} onChange={onChange} />
      {rest.length > 0 && (
        <details class="more-sliders">
          <summary>{t("tuning.more-thresholds", { n: rest.length })}</summary>
          <Rows tunables={rest} changes={changes} onChange={onChange} />
        </details>
      )}
    </>
  );
}

function Rows({ tunables, changes, onChange }: SlidersProps) {
  const put = (path: string, value: Value, inForce: Value) => {
    const { [path]: _, ...rest } = changes;
    onChange(value === inForce ? rest : { ...rest, [path]: value });
  };
  return (
    <ul class="sliders">
      {tunables.map((one) => {
        const value = one.path in changes ? (changes[one.path] as Value) : one.value;
        const changed = one.path in changes;
        return (
          <li key={one.path} class={changed ? "changed" : ""}>
            <div class="slider-head">
              <label for={`slide-${one.path}`} title={`${one.path}\n${one.meaning}`}>
                {one.name}
              </label>
              {typeof one.value === "number" ? (
                <span class="slider-value">
                  <Exact one={one} value={value} put={(found) => put(one.path, found, one.value)} />
                  <span class="dim">{words(`tuning.unit.${one.unit}`, one.unit)}</span>
                </span>
              ) : (
                typeof one.value === "boolean" && (
                  <input
                    id={`slide-${one.path}`}
                    type="checkbox"
                    checked={value === true}
                    onChange={(event) => put(one.path, event.currentTarget.checked, one.value)}
                  />
                )
              )}
            </div>
            {typeof one.value === "number" && typeof value === "number" && (
              <Range
                id={`slide-${one.path}`}
                one={one}
                value={value}
                put={(found) => put(one.path, found, one.value)}
              />
            )}
            <p class="slider-about dim">
              {one.from && one.from !== "default" && (
                <span class="tag" title={t("tuning.from-about")}>
                  {fromOf(one.from)}
                </span>
              )}
              <span>
                {changed && <b>{t("tuning.in-force", { value: valueOf(one.value) })} · </b>}
                {lasting(one, value)}
                {t("tuning.shipped", { value: valueOf(one.default) })}
                {(one.low !== null || one.high !== null) && ` · ${valueOf(one.low)} – ${valueOf(one.high)}`}
              </span>
              {changed && (
                <Button kind="quiet" onClick={() => put(one.path, one.value, one.value)}>
                  {t("tuning.back")}
                </Button>
              )}
            </p>
          </li>
        );
      })}
    </ul>
  );
}

/** The value as a number to type. What is being typed stays, whatever answers come meanwhile. */
function Exact({ one, value, put }: { one: Tunable; value: Value; put: (value: number) => void }) {
  const typing = useSignal<string | null>(null);
  return (
    <input
      type="number"
      class="slider-number"
      step="any"
      min={one.low ?? undefined}
      max={one.high ?? undefined}
      aria-label={t("tuning.exact", { name: one.name })}
      value={typing.value ?? (typeof value === "number" ? value : "")}
      onInput={(event) => {
        typing.value = event.currentTarget.value;
      }}
      onChange={(event) => {
        const typed = event.currentTarget.valueAsNumber;
        typing.value = null;
        if (Number.isNaN(typed)) return;
        const low = one.low ?? Number.NEGATIVE_INFINITY;
        const kept = Math.min(one.high ?? Number.POSITIVE_INFINITY, Math.max(low, typed));
        put(slideOf(one).whole ? Math.round(kept) : kept);
      }}
      onBlur={() => {
        typing.value = null;
      }}
    />
  );
}

/** A long time as people say it: "= 5 min · " of 300 s, "" where that says nothing. */
function lasting(one: Tunable, value: Value): string {
  if (one.unit !== "s" || typeof value !== "number" || value < 120) return "";
  return `${value % 60 === 0 ? "=" : "≈"} ${span(value * 1000)} · `;
}

function Range({ id, one, value, put }: { id: string; one: Tunable; value: number; put: (value: number) => void }) {
  const slide = slideOf(one);
  const shown = `${valueOf(value)} ${words(`tuning.unit.${one.unit}`, one.unit)}`.trim();
  return (
    <div class="slider-track">
      <input
        id={id}
        type="range"
        min={0}
        max={STEPS}
        value={Math.round(toPosition(value, slide) * STEPS)}
        aria-valuetext={shown}
        onInput={(event) => put(toValue(event.currentTarget.valueAsNumber / STEPS, slide))}
      />
      {typeof one.default === "number" && (
        <i
          class="slider-shipped"
          title={t("tuning.shipped", { value: valueOf(one.default) })}
          style={{ insetInlineStart: `calc(8px + (100% - 16px) * ${toPosition(one.default, slide)})` }}
        />
      )}
    </div>
  );
}

export function fromOf(from: string): string {
  if (from === "default") return t("tuning.from.default");
  if (from === "file" || from === "detectors.yaml") return t("tuning.from.file");
  if (from === "zone") return t("tuning.from.zone");
  return t("tuning.from.override", { name: from });
}
