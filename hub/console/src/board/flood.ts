// Floods of alerts: when more come than a person can take in, the board shows groups. Pure.
//
// EEMUA 191 and ISA-18.2 call it a flood from more than ten alarms in ten minutes on, until fewer than five come in ten.
import { type Alert, SEVERITIES } from "../api/types";

export const WITHIN_MS = 10 * 60_000;
export const BEGINS_ABOVE = 10;
export const ENDS_BELOW = 5;

/** Count how many of `raised` (instants in ms) lie in the ten minutes before `now`. */
export function rate(raised: Iterable<number>, now: number): number {
  let count = 0;
  for (const at of raised) if (at > now - WITHIN_MS && at <= now) count += 1;
  return count;
}

/** Tell whether it is a flood, given whether it was one a moment ago: it ends later than it begins. */
export function isFlood(before: boolean, count: number): boolean {
  return before ? count >= ENDS_BELOW : count > BEGINS_ABOVE;
}

export type Line = { kind: "alert"; id: string } | { kind: "group"; key: string; ids: string[]; open: boolean };

/** Tell whether an alert stands by itself in a flood: what is critical and waits for a word. */
export function standsAlone(alert: Alert, dealtWith: boolean): boolean {
  return alert.severity === SEVERITIES[0] && !dealtWith;
}

/**
 * Return the lines of the board in a flood: what stands alone, on top; the rest is gathered by rule and grid, in the
 * order of each group's first. Every incident is in exactly one line or group.
 */
export function gather(ordered: readonly Alert[], alone: (alert: Alert) => boolean, open: ReadonlySet<string>): Line[] {
  const lines: Line[] = [];
  const groups = new Map<string, string[]>();
  for (const alert of ordered) {
    if (alone(alert)) {
      lines.push({ kind: "alert", id: alert.id });
      continue;
    }
    const key = `${alert.rule}|${alert.grid}`;
    const ids = groups.get(key);
    if (ids) ids.push(alert.id);
    else groups.set(key, [alert.id]);
  }
  for (const [key, ids] of groups) {
    if (ids.length === 1 && ids[0]) {
      lines.push({ kind: "alert", id: ids[0] });
      continue;
    }
    lines.push({ kind: "group", key, ids, open: open.has(key) });
    if (open.has(key)) for (const id of ids) lines.push({ kind: "alert", id });
  }
  return lines;
}
