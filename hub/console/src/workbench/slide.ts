// A threshold as a slider: its range in, positions from 0 to 1 and rounded values out. Pure.
import type { Threshold } from "../tuning/documents";

export interface Slide {
  low: number;
  high: number;
  whole: boolean;
  /** 1: even; 3: the low end is stretched, where the range is far wider than what is usual. */
  power: number;
}

const WIDE = 20;

export function slideOf(threshold: Pick<Threshold, "value" | "default" | "low" | "high">): Slide {
  const usual = [threshold.value, threshold.default].filter((value): value is number => typeof value === "number");
  const most = Math.max(...usual.map(Math.abs), 0) || 1;
  const low = threshold.low ?? Math.min(0, ...usual.map((value) => value * 4));
  const high = threshold.high ?? Math.max(low + 1, most * 4);
  const whole = usual.every(Number.isInteger) && high - low >= 4;
  return { low, high, whole, power: high - low > WIDE * Math.max(most - low, 1e-9) ? 3 : 1 };
}

export function toPosition(value: number, slide: Slide): number {
  const share = (value - slide.low) / (slide.high - slide.low || 1);
  return Math.min(1, Math.max(0, share)) ** (1 / slide.power);
}

export function toValue(position: number, slide: Slide): number {
  const value = slide.low + position ** slide.power * (slide.high - slide.low);
  return rounded(value, slide);
}

/** Round to what tells something on this range: three digits, whole numbers where the threshold is one. */
export function rounded(value: number, slide: Slide): number {
  const kept = Math.min(slide.high, Math.max(slide.low, value));
  if (slide.whole && Math.abs(kept) < 1000) return Math.round(kept);
  if (kept === slide.low || kept === slide.high) return kept;
  return Number(kept.toPrecision(slide.whole ? 3 : slide.power === 1 && slide.high <= 1 ? 2 : 3));
}

/** Return `count` values from `low` to `high`, spread as the slider is; doubles fall together. */
export function spread(low: number, high: number, count: number, slide: Slide): number[] {
  const [from, to] = [toPosition(Math.min(low, high), slide), toPosition(Math.max(low, high), slide)];
  const steps = Math.max(2, Math.round(count));
  const values = Array.from({ length: steps }, (_, n) => toValue(from + ((to - from) * n) / (steps - 1), slide));
  return [...new Set(values)];
}

/** Return a range around `value` worth a first look: from half to double, within the slider's. */
export function firstRange(value: number, slide: Slide): [number, number] {
  if (slide.power === 1 && slide.high - slide.low <= Math.abs(value) * 4) return [slide.low, slide.high];
  const [a, b] = [value / 2, value * 2].map((one) => rounded(one, slide)) as [number, number];
  return a === b ? [slide.low, slide.high] : [Math.min(a, b), Math.max(a, b)];
}
