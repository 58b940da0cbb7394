// In which order incidents stand on the board, and which of them: pure. hub/alerts/incidents.py ranks in the same way.
import { type Alert, SEVERITIES, type Severity } from "../api/types";

export function isShelved(alert: Alert, now: number): boolean {
  return alert.shelved_until !== null && Date.parse(alert.shelved_until) > now;
}

/** Whether an operator has given a word on it. */
export function isDealtWith(alert: Alert, now: number): boolean {
  return alert.acknowledged || alert.verdict?.is === "false_alarm" || isShelved(alert, now);
}

export function compare(a: Alert, b: Alert, now: number): number {
  return (
    Number(isDealtWith(a, now)) - Number(isDealtWith(b, now)) ||
    SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
    (a.raised_at < b.raised_at ? 1 : a.raised_at > b.raised_at ? -1 : 0) ||
    (a.id < b.id ? 1 : -1)
  );
}

export type Show = "open" | "waiting" | "mine" | "shelved";

export interface Filter {
  show: Show;
  /** Empty: all of them. */
  severities: readonly Severity[];
  domain: string;
  grid: string;
  text: string;
}

export const EVERYTHING: Filter = { show: "open", severities: [], domain: "", grid: "", text: "" };

/** Tell whether the filter lets `alert` through; `words` is what its text is searched in, in small letters. */
export function passes(
  alert: Alert,
  filter: Filter,
  now: number,
  me: string,
  words: (alert: Alert) => string,
): boolean {
  const shelved = isShelved(alert, now);
  if (filter.show === "shelved" ? !shelved : shelved) return false;
  if (filter.show === "waiting" && isDealtWith(alert, now)) return false;
  if (filter.show === "mine" && alert.owner !== me) return false;
  if (filter.severities.length > 0 && !filter.severities.includes(alert.severity)) return false;
  if (filter.domain && !alert.rule.startsWith(`${filter.domain}.`)) return false;
  if (filter.grid && alert.grid !== filter.grid) return false;
  const wanted = filter.text.trim().toLowerCase();
  return !wanted || wanted.split(/\s+/).every((part) => words(alert).includes(part));
}

/**
 * The order on the screen, which holds still while somebody works in it: rows change in place, what ended stays until
 * the order is made anew, and what is new waits.
 */
export class Held {
  shown: readonly string[] = [];
  readonly waiting = new Set<string>();

  /** Put everything in its present order; nothing waits any more. */
  renew(ordered: readonly string[]): void {
    this.shown = ordered;
    this.waiting.clear();
  }

  /** Take notice of what is there now, without moving anything. */
  follow(present: ReadonlySet<string>): void {
    const shown = new Set(this.shown);
    for (const id of present) if (!shown.has(id)) this.waiting.add(id);
    for (const id of this.waiting) if (!present.has(id)) this.waiting.delete(id);
  }
}
