// What a lane's values are held against: the limits that a detector told in, lines to draw out, in force and tried. Pure.
import type { Changes, TraceLane, Value } from "../tuning/documents";

export interface Line {
  value: number;
  /** "force" judges now, "tried" is what somebody considers. */
  tone: "force" | "tried";
  /** Whether the same threshold stands beside it with its other value. */
  paired: boolean;
}

/** Thresholds that are moved: what counts now, and what is tried. */
export type Moved = ReadonlyMap<string, { now: number; tried: number }>;

export const NOTHING_MOVED: Moved = new Map();

export function movedOf(thresholds: readonly { path: string; value: Value }[], changes: Changes): Moved {
  const found = new Map<string, { now: number; tried: number }>();
  for (const { path, value } of thresholds) {
    const tried = changes[path];
    if (typeof value === "number" && typeof tried === "number") found.set(path, { now: value, tried });
  }
  return found;
}

/**
 * Return the lines of a lane: a limit that is a moved threshold's value stands there twice. One that is only made from
 * a threshold, such as a share of a lamp's power, is drawn as it was told.
 */
export function linesOf(limits: TraceLane["limits"], moved: Moved): Line[] {
  const found: Line[] = [];
  for (const { limit, path } of limits) {
    const both = path ? moved.get(path) : undefined;
    if (both && (both.now === limit || both.tried === limit))
      found.push({ value: both.now, tone: "force", paired: true }, { value: both.tried, tone: "tried", paired: true });
    else found.push({ value: limit, tone: "force", paired: false });
  }
  return found;
}

export interface Range {
  low: number;
  high: number;
}

/** How far from the values a line may lie and still be drawn at its place, in spans of the values. */
const NEAR = 1;

/**
 * Return what a lane shows: all its values, the line next to them, and those beside it that do not press the values
 * flat. Lines outside of it are told at its edge.
 */
export function rangeOf(values: readonly number[], lines: readonly Line[]): Range | null {
  const all = values.length > 0 ? values : lines.map((line) => line.value);
  if (all.length === 0) return null;
  const range = { low: min(all), high: max(all) };
  const off = (line: Line) => Math.max(0, range.low - line.value, line.value - range.high);
  const widen = (value: number) => {
    range.low = Math.min(range.low, value);
    range.high = Math.max(range.high, value);
  };
  const byNearness = [...lines].sort((a, b) => off(a) - off(b));
  const [nearest] = byNearness;
  if (nearest) widen(nearest.value);
  // What is tried is looked at beside what counts, however far it lies.
  for (const line of lines) if (line.paired) widen(line.value);
  for (const line of byNearness) if (off(line) <= NEAR * (range.high - range.low)) widen(line.value);
  if (range.high - range.low < 1e-9) return { low: range.low - 1, high: range.high + 1 };
  return range;
}

function min(values: readonly number[]): number {
  return values.reduce((found, value) => Math.min(found, value));
}

function max(values: readonly number[]): number {
  return values.reduce((found, value) => Math.max(found, value));
}
