// What the workbench shows, as its address says it: rule, subjects, span, version and changes. Pure.
import type { Changes, Question, Value } from "./documents";

export interface Work {
  rule: string;
  subjects: readonly string[];
  /** ms since the epoch */
  since: number;
  until: number;
  /** A stored version to begin with; "" is the one that judges now. */
  version: string;
  changes: Changes;
}

export const DAY_MS = 86_400_000;

/** Read the address; a span that is missing or makes no sense is the day before `now`. */
export function readWork(query: URLSearchParams, now: number): Work {
  const since = Date.parse(query.get("since") ?? "");
  const until = Date.parse(query.get("until") ?? "");
  const sound = since < until;
  return {
    rule: query.get("rule") ?? "",
    subjects: [...new Set(query.getAll("subject").map(placeOf).filter(Boolean))],
    since: sound ? since : now - DAY_MS,
    until: sound ? until : now,
    version: query.get("version") ?? "",
    changes: readChanges(query.getAll("set")),
  };
}

export function writeWork(work: Work): string {
  const query = new URLSearchParams();
  if (work.rule) query.set("rule", work.rule);
  for (const subject of work.subjects) query.append("subject", subject);
  query.set("since", new Date(work.since).toISOString());
  query.set("until", new Date(work.until).toISOString());
  if (work.version) query.set("version", work.version);
  for (const [path, value] of Object.entries(work.changes)) query.append("set", `${path}=${JSON.stringify(value)}`);
  return `/tuning/work?${query}`;
}

/** The workbench for one source over so many days; the span is left to the page where `days` is. */
export function workOn(rule: string, subject: string, span: { since: number; until: number } | null = null): string {
  const query = new URLSearchParams({ rule });
  if (subject) query.set("subject", placeOf(subject));
  if (span) {
    query.set("since", new Date(span.since).toISOString());
    query.set("until", new Date(span.until).toISOString());
  }
  return `/tuning/work?${query}`;
}

function readChanges(given: readonly string[]): Changes {
  const found: Record<string, Value> = {};
  for (const one of given) {
    const cut = one.indexOf("=");
    if (cut < 1) continue;
    try {
      const value: unknown = JSON.parse(one.slice(cut + 1));
      if (value === null || ["number", "string", "boolean"].includes(typeof value))
        found[one.slice(0, cut)] = value as Value;
    } catch {
      // an address that was typed by hand; the rest of it still counts
    }
  }
  return found;
}

/** Return where a subject lies: `zone-1@0.42,0.55` names a spot in the zone zone-1. */
export function placeOf(subject: string): string {
  return subject.split("@")[0] ?? subject;
}

export function questionOf(work: Work): Question {
  return {
    rules: [work.rule],
    grids: null,
    subjects: work.subjects.length > 0 ? [...work.subjects] : null,
    since: new Date(work.since).toISOString(),
    until: new Date(work.until).toISOString(),
  };
}
