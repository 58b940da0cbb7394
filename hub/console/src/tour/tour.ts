// What the tour knows, as plain data: its document, the alerts and what was done in, how each happening stands out. Pure.
import type { Alert, FeedItem, Words } from "../api/types";

export interface Happening {
  id: string;
  title: Words;
  text: Words;
  at: string;
  rule: string;
  subject: string | null;
  camera: string | null;
}

export interface Task {
  id: string;
  title: Words;
  text: Words;
  page: string | null;
  scope: string | null;
  done_on: string[];
}

export interface Tour {
  id: string;
  title: Words;
  about: Words;
  begins_at: string;
  happenings: Happening[];
  tasks: Task[];
}

const LEAD_MS = 60_000;

export type Standing = "to-come" | "begun" | "raised" | "dealt-with" | "over";

/** Whether `alert` is what the happening is known by; what was over before the tour began does not count. */
export function tells(happening: Happening, alert: Alert, beganAt: string): boolean {
  return (
    alert.rule === happening.rule &&
    (happening.subject === null || happening.subject === alert.subject) &&
    (happening.camera === null || happening.camera === alert.camera) &&
    (alert.condition === "active" || isOf(alert.raised_at, beganAt) || isOf(alert.cleared_at ?? "", beganAt))
  );
}

function isOf(at: string, beganAt: string): boolean {
  return Date.parse(at) >= Date.parse(beganAt);
}

/** Whether `one` is rather what the tour tells of than `other`: the first since it began, else the last from before. */
function isRather(one: Alert, other: Alert, beganAt: string): boolean {
  const since = isOf(one.raised_at, beganAt);
  if (since !== isOf(other.raised_at, beganAt)) return since;
  return since === Date.parse(one.raised_at) < Date.parse(other.raised_at);
}

export function standing(happening: Happening, alert: Alert | undefined, nowMs: number): Standing {
  // What stood open from before is told of once it is its turn.
  if (alert && Date.parse(happening.at) > nowMs && Date.parse(alert.raised_at) < Date.parse(happening.at) - LEAD_MS)
    return "to-come";
  if (alert?.condition === "cleared") return "over";
  if (alert) return alert.acknowledged ? "dealt-with" : "raised";
  return Date.parse(happening.at) > nowMs ? "to-come" : "begun";
}

/** Take one alert; the first that tells of a happening stays the one it is known by. Return the same map if none does. */
export function take(tour: Tour, known: ReadonlyMap<string, Alert>, alert: Alert): ReadonlyMap<string, Alert> {
  let found: Map<string, Alert> | null = null;
  for (const happening of tour.happenings) {
    if (!tells(happening, alert, tour.begins_at)) continue;
    const before = known.get(happening.id);
    if (before && before.id === alert.id && before.revision >= alert.revision) continue;
    if (before && before.id !== alert.id && !isRather(alert, before, tour.begins_at)) continue;
    found ??= new Map(known);
    found.set(happening.id, alert);
  }
  return found ?? known;
}

/** The tasks that are done once `item` has come. */
export function doneBy(tour: Tour, item: FeedItem): string[] {
  return tour.tasks.filter((task) => task.done_on.includes(item.type)).map((task) => task.id);
}

/** The tasks that are done by having seen the page at `path`. */
export function seenBy(tour: Tour, path: string): string[] {
  return tour.tasks
    .filter((task) => task.done_on.length === 0 && task.page !== null)
    .filter((task) => path === task.page || path.startsWith(`${task.page}/`))
    .map((task) => task.id);
}
