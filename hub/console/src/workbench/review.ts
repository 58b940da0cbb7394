// Walking through a diff: what changed in, the order of it, where one is, what was said and how it is taken back. Pure.
import type { Compared, Raised, Verdict } from "../tuning/documents";

export type Kind = "appeared" | "vanished" | "moved" | "severity";

export interface Change {
  key: string;
  kind: Kind;
  base: Raised | null;
  candidate: Raised | null;
  /** Seconds by which the candidate raises later, where it moved. */
  byS: number;
}

export function changesOf(diff: Compared): Change[] {
  const found: Change[] = [
    ...diff.appeared.map((one) => change("appeared", null, one)),
    ...diff.vanished.map((one) => change("vanished", one, null)),
    ...diff.moved.map((one) => change("moved", one.base, one.candidate, one.by_s)),
    ...diff.severity.map((one) => change("severity", one.base, one.candidate)),
  ];
  return found.sort((a, b) => Date.parse(of(a).raised_at) - Date.parse(of(b).raised_at));
}

function change(kind: Kind, base: Raised | null, candidate: Raised | null, byS = 0): Change {
  const one = candidate ?? base;
  return { key: `${kind} ${one?.alert_id ?? ""}`, kind, base, candidate, byS };
}

/** The alert that stands for a change: the candidate's, or the one that vanished. */
export function of(change: Change): Raised {
  return (change.candidate ?? change.base) as Raised;
}

/** Until when a change's alert stood, on whichever side it stood longer. */
export function untilOf(change: Change): string {
  const ends = [change.base, change.candidate].flatMap((one) => (one ? [one.cleared_at ?? one.raised_at] : []));
  return ends.reduce((last, end) => (Date.parse(end) > Date.parse(last) ? end : last));
}

/** What is asked of the record to tell which of its alerts a judged one is. */
export interface Recorded {
  id: string;
  subject: string;
  since: string;
}

const SAME_MS = 120_000;

/** Return the recorded alert that a judged one is: by its identity, else by its place and beginning. */
export function recordedOf(raised: Raised, recorded: readonly Recorded[]): string | null {
  if (raised.recorded_alert_id) return raised.recorded_alert_id;
  const begun = Date.parse(raised.since);
  const same = recorded.find(
    (one) =>
      one.id === raised.alert_id ||
      (one.subject === raised.subject && Math.abs(Date.parse(one.since) - begun) < SAME_MS),
  );
  return same?.id ?? null;
}

export interface Given {
  key: string;
  verdict: Verdict;
  label: string;
}

export interface Review {
  at: number;
  given: readonly Given[];
}

export const BEGUN: Review = { at: 0, given: [] };

export function walk(review: Review, by: number, count: number): Review {
  return { ...review, at: Math.min(Math.max(0, review.at + by), Math.max(0, count - 1)) };
}

/** Note what was said of a change, and go on to the next that nobody has spoken of. */
export function give(review: Review, given: Given, changes: readonly Change[]): Review {
  const next = { ...review, given: [...review.given.filter((one) => one.key !== given.key), given] };
  const order = [...changes.keys()].map((n) => (review.at + 1 + n) % changes.length);
  const open = order.find((n) => verdictOf(next, changes[n] as Change) === null);
  return open === undefined ? next : { ...next, at: open };
}

/** Take back the last word; return what it was, so that its label can be withdrawn. */
export function undo(review: Review, changes: readonly Change[]): [Review, Given | null] {
  const last = review.given.at(-1) ?? null;
  if (!last) return [review, null];
  const at = changes.findIndex((one) => one.key === last.key);
  return [{ at: at < 0 ? review.at : at, given: review.given.slice(0, -1) }, last];
}

export function verdictOf(review: Review, change: Change): Verdict | null {
  return review.given.find((one) => one.key === change.key)?.verdict ?? of(change).label;
}

export function left(review: Review, changes: readonly Change[]): number {
  return changes.filter((one) => verdictOf(review, one) === null).length;
}

export type Meant = "next" | "previous" | Verdict | "undo" | "trace";

const MEANT: Readonly<Record<string, Meant>> = {
  j: "next",
  k: "previous",
  t: "true",
  f: "false",
  m: "missed",
  u: "undo",
  o: "trace",
};

/** Return what a key means in the list; null for what is the browser's, or is typed into something. */
export function meant(event: {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  isComposing?: boolean;
  target: EventTarget | null;
}): Meant | null {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return null;
  const target = event.target as Element | null;
  if (target?.closest?.("dialog, input:not([type=range], [type=checkbox]), select, textarea")) return null;
  return MEANT[event.key.toLowerCase()] ?? null;
}
