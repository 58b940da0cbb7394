// What the API tells of baselines, and what of it is said in words or drawn. Pure.
import { number } from "../health/figures";
import { language, t, words } from "../i18n";
import { traceOf } from "../trace/address";
import type { Raised, Scores } from "../tuning/documents";

export type State = "held" | "old" | "none";
export type Kind = "water" | "streetlight";
export type Why = Readonly<Record<string, number>>;

export interface Cell {
  median: number;
  low: number;
  high: number;
  spread: number;
  n: number;
}

export interface Profile {
  version: string;
  learnt_from: string;
  learnt_until: string;
  hours: number;
  learnt_cells: number;
  in_force: boolean;
  cells?: (Cell | null)[] | null;
}

export interface Last {
  learnt_at: string;
  learnt_by: string;
  note: string;
  since: string;
  until: string;
  hours: number;
  left_out: number;
  left_out_why: Why;
  why_not: string | null;
  why_not_text: string | null;
}

export interface PlaceOf {
  subject: string;
  name: string;
  kind: Kind;
  quantity: string;
  unit: string;
  grid: string;
  members: number;
  rule: string;
  is_judged: boolean;
  state: State;
  profile_days: number;
  profile: Profile | null;
  last: Last | null;
}

export interface LearningOf {
  learnt_at: string;
  learnt_by: string;
  note: string;
  is_whole: boolean;
  since: string;
  until: string;
}

export interface PlaceList {
  items: PlaceOf[];
  next: string | null;
  found: number;
  counts: Readonly<Record<State, number>>;
  profiles: string;
  rules: Readonly<Record<string, boolean>>;
  stored_since: string | null;
  learn_every_days: number | null;
  least_weeks: number;
  learnings: LearningOf[];
  why_not_writable: string | null;
}

export type Stands = "within" | "above" | "below" | "unlearnt" | "left_out" | "unheard";

export interface RecentHour {
  at: string;
  cell: number;
  mean: number | null;
  low: number | null;
  usual: number | null;
  high: number | null;
  stands: Stands;
  why: string | null;
}

export interface Recent {
  subject: string;
  quantity: string;
  unit: string;
  since: string;
  until: string;
  profile: string | null;
  hours: RecentHour[];
}

export const CHANGES = ["new", "changed", "same", "kept", "none"] as const;
export type Change = (typeof CHANGES)[number];

export interface Outcome {
  subject: string;
  quantity: string;
  unit: string;
  grid: string;
  change: Change;
  shift: { typical: number; outside: number; hours: number } | null;
  hours: number;
  left_out: number;
  left_out_why: Why;
  why_not: string | null;
  why_not_text: string | null;
}

export interface Learnt {
  since: string;
  until: string;
  devices: string[] | null;
  against: string;
  counts: Readonly<Record<Change, number>>;
  items: Outcome[];
}

export interface Rivals {
  rules: { rule: string; raised: Raised[]; scores: Scores }[];
  profiles: string;
  without_profile: string[];
  learnt_from_these_days: string[];
  version: string;
}

export const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;

/** The fixed thresholds that look at the same thing as a profile does; the profile's own rule goes first. */
const RIVALS: Readonly<Record<Kind, readonly string[]>> = {
  water: ["water.unusual", "water.pressure", "water.leak", "water.burst"],
  streetlight: ["streetlight.unusual", "streetlight.circuit_out", "streetlight.lamp_out"],
};

export function rulesFor(kind: Kind): readonly string[] {
  return RIVALS[kind];
}

/** What a run of comparing is asked for: each rule is switched on for it alone. */
export function rivalsAsked(subjects: readonly string[], rules: readonly string[], since: number, until: number) {
  return {
    question: {
      rules: null,
      grids: null,
      subjects: [...subjects],
      since: new Date(since).toISOString(),
      until: new Date(until).toISOString(),
    },
    rules: [...rules],
    changes: {},
    version: null,
  };
}

/** Why a moment was judged as it was, by a rule that may be off. */
export function traceOfRaised(one: Raised): string {
  return traceOf({ rule: one.rule, subject: one.subject, at: one.raised_at }, { [`${one.rule}.enabled`]: true });
}

/** The hours of the week as a table: by the hour of the day, Monday first. */
export function byHour(cells: readonly (Cell | null)[]): (Cell | null)[][] {
  return Array.from({ length: 24 }, (_, hour) => Array.from({ length: 7 }, (_, day) => cells[day * 24 + hour] ?? null));
}

/** How strongly each cell is painted, from 0 for the least usual value to 1 for the most. */
export function heat(cells: readonly (Cell | null)[]): (value: number) => number {
  const known = cells.flatMap((cell) => (cell ? [cell.median] : []));
  const low = Math.min(...known);
  const range = Math.max(...known) - low;
  return (value) => (range > 0 ? (value - low) / range : 0);
}

/** Why hours did not count, the most frequent reason first; "" where none were left out. */
export function leftOutWords(why: Why): string {
  return Object.entries(why)
    .sort(([, a], [, b]) => b - a)
    .map(([name, n]) => `${words(`baselines.left-out.${name}`, name)} ${number(n)}`)
    .join(language.value === "zh" ? "，" : ", ");
}

export function whyNotWords(one: { why_not: string | null; why_not_text: string | null }): string {
  return one.why_not ? words(`baselines.why-not.${one.why_not}`, one.why_not_text ?? one.why_not) : "";
}

/** How many whole days ago the profile's last hour was. */
export function ageDays(profile: Profile, now: number): number {
  return Math.max(0, Math.floor((now - Date.parse(profile.learnt_until)) / DAY_MS));
}

/** When enough weeks will have been stored for the first profiles; null where nothing is stored yet. */
export function firstPossible(list: PlaceList): number | null {
  return list.stored_since ? Date.parse(list.stored_since) + list.least_weeks * WEEK_MS : null;
}

/** The weekday and hour of a cell, "Mon 03:00". */
export function cellWords(cell: number): string {
  const hour = String(cell % 24).padStart(2, "0");
  return `${dayName(Math.floor(cell / 24))} ${hour}:00`;
}

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

export function dayName(day: number): string {
  return words(`baselines.day.${DAYS[day] ?? "mon"}`);
}

/** How a run of hours stands to what is usual: how many of each that there is. */
export function counted(hours: readonly RecentHour[]): [Stands, number][] {
  const found = new Map<Stands, number>();
  for (const hour of hours) found.set(hour.stands, (found.get(hour.stands) ?? 0) + 1);
  const order: readonly Stands[] = ["within", "above", "below", "left_out", "unlearnt", "unheard"];
  return order.flatMap((one) => (found.has(one) ? [[one, found.get(one) ?? 0] as [Stands, number]] : []));
}

export function isOutside(hour: RecentHour): boolean {
  return hour.stands === "above" || hour.stands === "below";
}

/** What the change of one place says in words. */
export function changeWords(one: Outcome): string {
  if (one.change === "changed" && one.shift)
    return t("baselines.change.by", {
      by: `${number(one.shift.typical, 2)} ${one.unit}`,
      outside: one.shift.outside,
      of: one.shift.hours,
    });
  return whyNotWords(one);
}
