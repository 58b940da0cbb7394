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

export type Standing = "to-come" | "begun" | "raised" | "dealt-with" | "over";

/** Whether `alert` is what the happening is known by; `after` what was there before the tour began does not count. */
export function tells(happening: Happening, alert: Alert, beganAt: string): boolean {
  return (
    alert.rule === happening.rule &&
    (happening.subject === null || happening.subject === alert.subject) &&
    (happening.camera === null || happening.camera === alert.camera) &&
    Date.parse(alert.raised_at) >= Date.parse(beganAt)
  );
}

export function standing(happening: Happening, alert: Alert | undefined, nowMs: number): Standing {
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
    if (before && (before.id === alert.id ? before.revision >= alert.revision : before.raised_at <= alert.raised_at))
      continue;
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
