// The timeline's arithmetic: a view of time and a width in, positions, ticks and hits out. Pure.

/** A stretch of time, in ms since the epoch. */
export interface Stretch {
  from: number;
  to: number;
}

export const LEAST_MS = 10_000;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  ...[5, 10, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 5, 10, 30].map((n) => n * DAY),
];

export function length(view: Stretch): number {
  return view.to - view.from;
}

export function toX(at: number, view: Stretch, width: number): number {
  return ((at - view.from) / length(view)) * width;
}

export function toTime(x: number, view: Stretch, width: number): number {
  return view.from + (x / width) * length(view);
}

/** Keep the view within the bounds, as long as it may be. */
export function within(view: Stretch, bounds: Stretch): Stretch {
  const span = Math.min(Math.max(length(view), Math.min(LEAST_MS, length(bounds))), length(bounds));
  const from = Math.min(Math.max(view.from, bounds.from), bounds.to - span);
  return { from, to: from + span };
}

/** Return the view with its length times `factor`; what lies at `at` stays where it is. */
export function zoom(view: Stretch, at: number, factor: number, bounds: Stretch): Stretch {
  const span = Math.min(Math.max(length(view) * factor, LEAST_MS), length(bounds));
  const share = (at - view.from) / length(view);
  const from = at - share * span;
  return within({ from, to: from + span }, bounds);
}

export function pan(view: Stretch, byMs: number, bounds: Stretch): Stretch {
  return within({ from: view.from + byMs, to: view.to + byMs }, bounds);
}

/** Return the view that shows `part` with some room around it. */
export function around(part: Stretch, bounds: Stretch, room = 1.5): Stretch {
  const span = Math.max(length(part) * (1 + 2 * room), 5 * MINUTE);
  const middle = (part.from + part.to) / 2;
  return within({ from: middle - span / 2, to: middle + span / 2 }, bounds);
}

export interface Tick {
  at: number;
  /** Whether it begins a day of the city, and is told by its date. */
  day: boolean;
}

/** Return instants that are round on the city's clock, which is `offsetMs` ahead of UTC, at least `leastPx` apart. */
export function ticks(view: Stretch, width: number, offsetMs: number, leastPx = 84): Tick[] {
  const least = (length(view) / Math.max(width, 1)) * leastPx;
  const step = STEPS.find((one) => one >= least) ?? Math.ceil(least / DAY) * DAY;
  const found: Tick[] = [];
  for (let wall = Math.ceil((view.from + offsetMs) / step) * step; wall - offsetMs <= view.to; wall += step)
    found.push({ at: wall - offsetMs, day: wall % DAY === 0 });
  return found;
}

/** Return the last of the stretches at `at`, that is the one drawn on top; short ones are met within `nearMs`. */
export function hit<T extends Stretch>(stretches: readonly T[], at: number, nearMs: number): T | null {
  let found: T | null = null;
  let best = Number.POSITIVE_INFINITY;
  for (const one of stretches) {
    const off = at < one.from ? one.from - at : at > one.to ? at - one.to : 0;
    if (off <= nearMs && off <= best) {
      best = off;
      found = one;
    }
  }
  return found;
}

/** Thin a curve to what `width` columns can show: the lowest and highest of each, gaps kept. */
export function thinned(
  points: readonly (readonly [number, number | null])[],
  view: Stretch,
  width: number,
): [number, number | null][] {
  const shown = points.filter(([at], index) => {
    const before = points[index - 1]?.[0] ?? at;
    const after = points[index + 1]?.[0] ?? at;
    return after >= view.from && before <= view.to;
  });
  if (shown.length <= width * 3) return shown.map(([at, value]) => [at, value]);
  const found: [number, number | null][] = [];
  let column = Number.NaN;
  let low: [number, number] | null = null;
  let high: [number, number] | null = null;
  const close = () => {
    if (!low || !high) return;
    found.push(...(low[0] <= high[0] ? [low, high] : [high, low]));
    low = high = null;
  };
  for (const [at, value] of shown) {
    const now = Math.floor(toX(at, view, width));
    if (now !== column) {
      close();
      column = now;
    }
    if (value === null) {
      close();
      found.push([at, null]);
      continue;
    }
    if (!low || value < low[1]) low = [at, value];
    if (!high || value > high[1]) high = [at, value];
  }
  close();
  return found;
}
