// The tour of this hub, if it has one, kept up with the feed; what one has done and put away is kept in the browser.
import { effect, signal } from "@preact/signals";
import { feed } from "../api/feed";
import { get } from "../api/http";
import type { Alert, Page } from "../api/types";
import { place } from "../router";
import { doneBy, seenBy, take, type Tour } from "./tour";

const RETRY_MS = 5000;
const LIMIT = 500;
const OVER_PX = 1180; // as in tour.css
const AWAY = "lianqin.tour.away";
const DONE = "lianqin.tour.done";

export const tour = signal<Tour | null>(null);
/** By happening, the alert it is known by. */
export const alerts = signal<ReadonlyMap<string, Alert>>(new Map());
export const done = signal<ReadonlySet<string>>(new Set());
export const open = signal(false);

export function putAway(): void {
  open.value = false;
  if (tour.value) localStorage.setItem(AWAY, tour.value.id);
}

/** Where it lies over the page, it goes once a link in it was followed; it is not put away for good. */
export function makeWay(): void {
  if (innerWidth <= OVER_PX) open.value = false;
}

export function bringBack(): void {
  open.value = true;
  localStorage.removeItem(AWAY);
}

/** Ask for the tour and follow it; call what is returned to end it. */
export function follow(): () => void {
  const ended = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const ends: (() => void)[] = [() => clearTimeout(timer)];
  const ask = async () => {
    try {
      const found = (await get<{ tour: Tour | null }>("tour", { signal: ended.signal })).tour;
      if (found) ends.push(begin(found, ended.signal));
    } catch {
      if (!ended.signal.aborted) timer = setTimeout(() => void ask(), RETRY_MS);
    }
  };
  void ask();
  return () => {
    ended.abort();
    for (const end of ends) end();
    tour.value = null;
    alerts.value = new Map();
  };
}

function begin(found: Tour, ended: AbortSignal): () => void {
  tour.value = found;
  done.value = remembered(found.id);
  open.value = localStorage.getItem(AWAY) !== found.id && innerWidth > 760;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const read = async () => {
    clearTimeout(timer);
    try {
      await feed.anchored();
      const rule = [...new Set(found.happenings.map((one) => one.rule))];
      // What stood open when the tour began counts too: where it stands still, and where it has ended meanwhile.
      const before = await get<Page<Alert>>("alerts", {
        query: { rule, until: found.begins_at, limit: LIMIT },
        signal: ended,
      });
      for (const alert of before.items) alerts.value = take(found, alerts.value, alert);
      for (const which of [{ since: found.begins_at }, { condition: "active" }]) {
        let cursor: string | null = null;
        do {
          const query = { rule, ...which, limit: LIMIT, cursor };
          const page: Page<Alert> = await get<Page<Alert>>("alerts", { query, signal: ended });
          for (const alert of page.items) alerts.value = take(found, alerts.value, alert);
          cursor = page.next;
        } while (cursor !== null);
      }
    } catch {
      if (!ended.aborted) timer = setTimeout(() => void read(), RETRY_MS);
    }
  };
  const ends = [
    () => clearTimeout(timer),
    feed.onItem((item) => {
      if (item.alert) alerts.value = take(found, alerts.value, item.alert);
      settle(found, doneBy(found, item));
    }),
    feed.onGap(() => void read()),
    effect(() => settle(found, seenBy(found, place.value.path))),
  ];
  void read();
  return () => {
    for (const end of ends) end();
  };
}

function settle(found: Tour, ids: readonly string[]): void {
  const before = done.peek();
  if (ids.every((id) => before.has(id))) return;
  done.value = new Set([...before, ...ids]);
  localStorage.setItem(DONE, JSON.stringify({ id: found.id, done: [...done.value] }));
}

function remembered(id: string): ReadonlySet<string> {
  try {
    const kept = JSON.parse(localStorage.getItem(DONE) ?? "null") as { id: string; done: string[] } | null;
    return new Set(kept?.id === id ? kept.done : []);
  } catch {
    return new Set();
  }
}
