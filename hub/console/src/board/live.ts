// The board kept equal to the database for the whole console, and what came since somebody last looked.
import { signal } from "@preact/signals";
import { hubNow } from "../api/city";
import { feed, keepEqual } from "../api/feed";
import { get } from "../api/http";
import { type ApiProblem, asProblem } from "../api/problem";
import type { Alert, FeedItem } from "../api/types";
import { WITHIN_MS } from "./flood";
import { type BoardPage, BoardStore, type Change, type Counts } from "./store";

const FIRST_PAGE = 200;
const NEXT_PAGES = 1000;
const TOLD_EVERY_MS = 120;
const RETRY_MS = 2000;

export const store = signal<BoardStore | null>(null);
/** Goes up whenever the store changed; what depends on the store reads it. */
export const version = signal(0);
export const problem = signal<ApiProblem | null>(null);
/** How many there are by the first page's word, until every page is in. */
export const counts = signal<Counts | null>(null);

type Listener = (change: Change, alert: Alert) => void;

const listeners = new Set<Listener>();
let raises: number[] = [];
let users = 0;
let keeping: { end: () => void; again: () => void } | null = null;
let telling: ReturnType<typeof setTimeout> | undefined;
let reading: AbortController | null = null;

/** Hear every change of an incident; call what is returned to hear no more. */
export function onChange(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** When incidents were raised within the last ten minutes, by the detectors' time. */
export function recentRaises(): readonly number[] {
  const since = hubNow() - WITHIN_MS;
  raises = raises.filter((at) => at > since);
  return raises;
}

/** Keep the board while somebody uses it; call what is returned when they no longer do. */
export function useBoardStore(): () => void {
  users += 1;
  keeping ??= keepEqual<BoardPage>(feed, {
    read: (signal) => get<BoardPage>("board", { query: { limit: FIRST_PAGE }, signal }),
    reset: begin,
    apply: (item) => take(item),
    failed: (error) => {
      problem.value = error;
    },
  });
  return () => {
    users -= 1;
    if (users > 0) return;
    keeping?.end();
    keeping = null;
    reading?.abort();
    store.value = null;
    counts.value = null;
    raises = [];
  };
}

export function readAgain(): void {
  keeping?.again();
}

/** Take the answer to an order, and show it at once: whoever gave it is looking at its row. */
export function accept(alert: Alert): void {
  const change = store.value?.accept(alert);
  if (!change) return;
  for (const listener of [...listeners]) listener(change, alert);
  tellNow();
}

/** For support, in the browser's console: what this page holds to be open, each with its revision. */
Object.assign(globalThis, {
  lianqin: {
    board: () => [...(store.value?.incidents.values() ?? [])].map((alert) => [alert.id, alert.revision]),
    /** With how many symptoms, and at which stage their case is. */
    incidents: () =>
      [...(store.value?.incidents.values() ?? [])].map(({ id, revision }) => [
        id,
        revision,
        store.value?.symptomsOf(id) ?? 0,
        store.value?.caseOf(id)?.stage ?? null,
      ]),
  },
});

function begin(page: BoardPage): void {
  problem.value = null;
  counts.value = page.counts;
  const made = new BoardStore(page);
  const since = hubNow() - WITHIN_MS;
  raises = page.items.map((alert) => Date.parse(alert.raised_at)).filter((at) => at > since);
  store.value = made;
  version.value += 1;
  reading?.abort();
  reading = new AbortController();
  if (page.next) void readOn(made, page.next, reading.signal);
}

async function readOn(made: BoardStore, from: string, signal: AbortSignal): Promise<void> {
  let cursor: string | null = from;
  while (cursor !== null && !signal.aborted) {
    try {
      const query = { limit: NEXT_PAGES, cursor };
      const page: BoardPage = await get<BoardPage>("board", { query, signal });
      if (signal.aborted) return;
      made.addPage(page);
      cursor = page.next;
      version.value += 1;
    } catch (error) {
      if (signal.aborted) return;
      problem.value = asProblem(error);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
  problem.value = null;
}

function take(item: FeedItem): void {
  const change = store.value?.apply(item);
  if (change && item.alert) {
    if (item.type === "alert.raised") raises.push(Date.parse(item.alert.raised_at));
    tell(change, item.alert);
  } else if (item.case) {
    tellLater();
  }
}

function tell(change: Change, alert: Alert): void {
  for (const listener of [...listeners]) listener(change, alert);
  tellLater();
}

/** However many changes come at once, the page is drawn anew a few times a second. */
function tellLater(): void {
  telling ??= setTimeout(tellNow, TOLD_EVERY_MS);
}

function tellNow(): void {
  clearTimeout(telling);
  telling = undefined;
  version.value += 1;
}
