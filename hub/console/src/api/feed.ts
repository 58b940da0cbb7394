// The feed followed without a gap: one stream for the whole console, resumed by number after every cut.
//
// It is read by fetch and not by EventSource: so a stream that is open but dead is noticed (the hub sends a sign of
// life every 15 s), and an answer that is no stream (signed out, items no longer kept) is seen for what it is.
import { signal } from "@preact/signals";
import { EventParser } from "./events";
import { get, send } from "./http";
import { ApiProblem, asProblem } from "./problem";
import type { FeedItem } from "./types";

export type FeedState = "connecting" | "live" | "cut";

/** How the feed stands; `since` is when it came to stand so, `heardAt` when the last byte came (performance.now). */
export const feedState = signal<{ state: FeedState; since: number }>({ state: "connecting", since: performance.now() });

type Listener = (item: FeedItem) => void;

export const SILENT_MS = 35_000; // more than two signs of life
const LEAST_WAIT_MS = 500;
const MOST_WAIT_MS = 10_000;
const BEYOND_ALL = Number.MAX_SAFE_INTEGER;

interface PromiseWithResolvers<T> {
  promise: Promise<T>;
  resolve: (value: T) => void;
}

function withResolvers(): PromiseWithResolvers<void> {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

export class Feed {
  #listeners = new Set<Listener>();
  #gaps = new Set<() => void>();
  #seq: number | null = null;
  #ended: AbortController | null = null;
  #waiting: (() => void) | null = null;
  #anchored: PromiseWithResolvers<void> = withResolvers();

  /** The number of the last item handed on; null before it is known where the feed ends. */
  get seq(): number | null {
    return this.#seq;
  }

  /** Hear every item from now on, in order; call what is returned to hear no more. */
  onItem(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Be told when items were lost for good (the hub no longer keeps them): whoever holds state must read it anew. */
  onGap(listener: () => void): () => void {
    this.#gaps.add(listener);
    return () => this.#gaps.delete(listener);
  }

  /** Wait until every item that commits from now on is sure to be heard. */
  anchored(): Promise<void> {
    return this.#anchored.promise;
  }

  start(): void {
    if (this.#ended) return;
    this.#ended = new AbortController();
    void this.#run(this.#ended.signal);
  }

  stop(): void {
    this.#ended?.abort();
    this.#ended = null;
    this.#loosen();
  }

  /** Try at once instead of waiting for the next attempt. */
  hurry(): void {
    this.#waiting?.();
  }

  async #run(ended: AbortSignal): Promise<void> {
    let wait = LEAST_WAIT_MS;
    while (!ended.aborted) {
      try {
        await this.#follow(ended, () => {
          wait = LEAST_WAIT_MS;
          this.#stands("live");
        });
        wait = LEAST_WAIT_MS; // the hub ended the stream in order, as it does when it restarts
      } catch (error) {
        if (ended.aborted) return;
        const problem = asProblem(error);
        if (problem.kind === "gone") {
          this.#loosen();
          for (const listener of [...this.#gaps]) listener();
          continue;
        }
        if (problem.status === 401) return this.#stands("cut");
      }
      if (ended.aborted) return;
      this.#stands("cut");
      await this.#pause(wait);
      wait = Math.min(wait * 2, MOST_WAIT_MS);
    }
  }

  async #follow(ended: AbortSignal, opened: () => void): Promise<void> {
    const attempt = new AbortController();
    const cut = () => attempt.abort();
    ended.addEventListener("abort", cut);
    let silent = setTimeout(cut, SILENT_MS);
    try {
      const after = this.#seq ?? (await this.#anchor(attempt.signal));
      const answer = await send("GET", "feed/stream", undefined, {
        query: { after },
        signal: attempt.signal,
        tries: 1,
      });
      if (!answer.body) throw new ApiProblem("internal", 0, "", "the stream has no body");
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      const parser = new EventParser();
      opened();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        clearTimeout(silent);
        silent = setTimeout(cut, SILENT_MS);
        for (const event of parser.push(value)) this.#hand(JSON.parse(event.data) as FeedItem);
      }
    } finally {
      clearTimeout(silent);
      ended.removeEventListener("abort", cut);
      attempt.abort();
    }
  }

  async #anchor(signal: AbortSignal): Promise<number> {
    const page = await get<{ next: number }>("feed", { query: { after: BEYOND_ALL, limit: 1 }, signal, tries: 1 });
    this.#seq = page.next;
    this.#anchored.resolve();
    return page.next;
  }

  #loosen(): void {
    if (this.#seq !== null) this.#anchored = withResolvers();
    this.#seq = null;
  }

  #hand(item: FeedItem): void {
    if (this.#seq !== null && item.seq <= this.#seq) return;
    this.#seq = item.seq;
    for (const listener of [...this.#listeners]) listener(item);
  }

  #stands(state: FeedState): void {
    if (feedState.value.state !== state) feedState.value = { state, since: performance.now() };
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        clearTimeout(timer);
        this.#waiting = null;
        resolve();
      };
      const timer = setTimeout(go, ms * (0.8 + 0.4 * Math.random()));
      this.#waiting = go;
    });
  }
}

export const feed = new Feed();

/**
 * Keep something equal to the database: `read` gives its present state with the feed's number at that moment, `reset`
 * takes it, `apply` takes every item after it. After a gap all begins anew. Return how to end it.
 */
export function keepEqual<T extends { seq: number }>(
  source: Feed,
  parts: {
    read: (signal: AbortSignal) => Promise<T>;
    reset: (state: T) => void;
    apply: (item: FeedItem) => void;
    failed: (problem: ApiProblem) => void;
  },
): { end: () => void; again: () => void } {
  let waiting: FeedItem[] | null = [];
  let reading: AbortController | null = null;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let seen = 0;

  const load = async () => {
    clearTimeout(retry);
    reading?.abort();
    const mine = new AbortController();
    reading = mine;
    waiting ??= [];
    try {
      await source.anchored();
      if (mine.signal.aborted) return;
      const state = await parts.read(mine.signal);
      if (mine.signal.aborted) return;
      const later = waiting ?? [];
      waiting = null;
      seen = state.seq;
      parts.reset(state);
      for (const item of later) take(item);
    } catch (error) {
      if (mine.signal.aborted) return;
      parts.failed(asProblem(error));
      retry = setTimeout(load, 3000);
    }
  };
  const take = (item: FeedItem) => {
    if (waiting) waiting.push(item);
    else if (item.seq > seen) {
      seen = item.seq;
      parts.apply(item);
    }
  };
  // Heard before it is read: what happens in between waits, and is applied only if the state read lacks it.
  const ends = [source.onItem(take), source.onGap(() => void load())];
  void load();
  return {
    end: () => {
      for (const end of ends) end();
      clearTimeout(retry);
      reading?.abort();
    },
    again: () => void load(),
  };
}
