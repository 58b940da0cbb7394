// A case as the console knows it, and what can be done to it at each stage by whom; pure, so that it can be tested.

import type { Severity, Stage } from "../api/types";
import type { Key } from "../i18n";

export interface Step {
  event: string;
  by: string;
  at: string;
  note: string;
  photos: { sha256: string; url: string }[];
  told: string[];
}

export type Level = "street" | "district" | "city";

/** A case as hub/cases/document.py writes it. */
export interface CaseDocument {
  id: string;
  number: string;
  title: string;
  stage: Stage;
  grid: string;
  district: string;
  level: Level;
  department: string | null;
  squad: string | null;
  called_in: string[];
  departments: string[];
  category: string | null;
  severity: Severity;
  rule: string | null;
  subject: string | null;
  camera: string | null;
  latitude: number | null;
  longitude: number | null;
  place: string;
  opened_at: string;
  opened_by: string;
  filed_at: string | null;
  dispatched_at: string | null;
  taken_by: string | null;
  taken_until: string | null;
  done_at: string | null;
  verified_at: string | null;
  closed_at: string | null;
  ended_reason: string | null;
  alerts: string[];
  reports: string[];
  clock: "urgent" | "working" | null;
  condition: string | null;
  warn_at: string | null;
  due_at: string | null;
  warned: boolean;
  overdue: boolean;
  escalated_to: Level | null;
  suspension: "none" | "asked" | "suspended";
  suspended_at: string | null;
  suspended_until: string | null;
  suspended_total_s: number;
  pauses: { since: string; until: string }[];
  reworks: number;
  reopens: number;
  history: string;
  recurrences: number;
  previous: string | null;
  merged_into: string | null;
  split_from: string | null;
  evaluation: { score: number; by: string; at: string; note: string } | null;
  plan_version: string | null;
  revision: number;
  last: Step;
}

export interface AlertBrief {
  id: string;
  rule: string;
  subject: string;
  grid: string;
  severity: Severity;
  condition: "active" | "cleared";
  since: string;
  raised_at: string;
  cleared_at: string | null;
}

export interface CaseDetail extends CaseDocument {
  alert_states: AlertBrief[];
  /** What whoever asks may order now: the last parts of the orders' addresses. */
  possible: string[];
}

export interface TimelineEntry {
  seq: number;
  type: string;
  at: string;
  by: string;
  note: string;
  photos: { sha256: string; url: string }[];
  told: string[];
  stage: Stage;
  department: string | null;
  squad: string | null;
  revision: number;
  changed: Record<string, unknown>;
}

export interface PlaceHistory {
  rule: string | null;
  subject: string | null;
  cameras: string[];
  days: number;
  first_at: string | null;
  alerts: AlertBrief[];
  cases: CaseDocument[];
}

/** What an order asks for beside words. */
export type Ask = "category" | "department" | "until" | "score" | "photos" | "case" | "alerts";

export interface Action {
  /** The last part of the order's address, and of its words `cases.do.<name>`. */
  name: string;
  asks: readonly Ask[];
  /** Whether there must be words with it. */
  note: "needed" | "free";
  kind?: "primary" | "danger";
  key?: string;
}

/** Every order that the console can give, the likeliest first; which of them may be given now is the hub's word. */
export const ACTIONS: readonly Action[] = [
  { name: "file", asks: ["category"], note: "free", kind: "primary", key: "F" },
  {
    name: "dispatch",
    asks: ["department"],
    note: "free",
    kind: "primary",
    key: "D",
  },
  { name: "take", asks: [], note: "free", kind: "primary", key: "T" },
  {
    name: "report-done",
    asks: ["photos"],
    note: "needed",
    kind: "primary",
    key: "X",
  },
  { name: "progress", asks: ["photos"], note: "needed", key: "P" },
  { name: "verify", asks: ["photos"], note: "free", kind: "primary", key: "V" },
  { name: "close", asks: [], note: "free", kind: "primary", key: "C" },
  {
    name: "rework",
    asks: ["photos"],
    note: "needed",
    kind: "danger",
    key: "R",
  },
  {
    name: "evaluate",
    asks: ["score"],
    note: "free",
    kind: "primary",
    key: "E",
  },
  { name: "resume", asks: [], note: "free" },
  { name: "note", asks: ["photos"], note: "needed", key: "N" },
  { name: "suspend", asks: ["until"], note: "needed" },
  { name: "deny-suspension", asks: [], note: "needed" },
  { name: "ask-suspension", asks: ["until"], note: "needed" },
  { name: "reroute", asks: ["department"], note: "needed" },
  { name: "call-in", asks: ["department"], note: "free" },
  { name: "refuse", asks: [], note: "needed", kind: "danger" },
  { name: "merge", asks: ["case"], note: "free" },
  { name: "split", asks: ["alerts"], note: "free" },
  { name: "reopen", asks: [], note: "needed" },
  { name: "refuse-filing", asks: [], note: "needed", kind: "danger" },
  { name: "void", asks: [], note: "needed", kind: "danger" },
];

/** Return the orders that the hub says are possible; to split takes more than one alert. */
export function actionsOf(found: CaseDetail): Action[] {
  const possible = new Set(found.possible);
  const there = ACTIONS.filter(
    (action) => possible.has(action.name) && (action.name !== "split" || found.alerts.length > 1),
  );
  // Where a suspension is asked for, the answer to it comes first.
  const answers = (action: Action) => found.suspension === "asked" && /^(suspend|deny-suspension)$/.test(action.name);
  return [...there.filter(answers), ...there.filter((action) => !answers(action))];
}

const WAITING: readonly Stage[] = ["filed", "dispatched", "handling"];

/** The way of a case that nothing turns aside, for the row of steps at its top. */
export const WAY: readonly Stage[] = ["collected", "filed", "dispatched", "handling", "done", "verified", "closed"];

/** Return how far along WAY the case is; a case that ended aside is where it was when it did. */
export function reached(found: CaseDocument): number {
  const there = WAY.indexOf(found.stage);
  if (there >= 0) return there;
  if (found.done_at) return 4;
  if (found.dispatched_at) return 2;
  return found.filed_at ? 1 : 0;
}

export interface Countdown {
  /** How the deadline stands. */
  state: "none" | "running" | "soon" | "over" | "paused" | "met" | "missed";
  ms: number;
}

/** Return how long the case has yet at `now`, or by how much it is over. */
export function countdown(found: CaseDocument, now: number): Countdown {
  if (!found.due_at) return { state: "none", ms: 0 };
  const due = Date.parse(found.due_at);
  if (found.done_at && !WAITING.includes(found.stage))
    return {
      state: found.overdue ? "missed" : "met",
      ms: Math.abs(due - Date.parse(found.done_at)),
    };
  if (found.suspension === "suspended") return { state: "paused", ms: 0 };
  if (!WAITING.includes(found.stage)) return { state: "none", ms: 0 };
  if (now >= due) return { state: "over", ms: now - due };
  const soon = found.warn_at !== null && now >= Date.parse(found.warn_at);
  return { state: soon ? "soon" : "running", ms: due - now };
}

/** The words of an event of a case: `cases.event.<name>`. */
export function eventKey(type: string): Key {
  return `cases.event.${type.replace(/^case\./, "")}` as Key;
}
