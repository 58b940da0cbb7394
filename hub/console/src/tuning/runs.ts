// Work that the tuning role does for a page: asked for and followed; a slider's ends with the page, an errand goes on.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { get, post } from "../api/http";
import { ApiProblem, asProblem } from "../api/problem";
import { t } from "../i18n";
import { go, place } from "../router";

export type RunState = "waiting" | "running" | "done" | "failed" | "cancelled";

export interface Run<T = unknown> {
  id: string;
  kind: string;
  arguments: Record<string, unknown>;
  state: RunState;
  progress: number;
  note: string;
  answer: T | null;
  problem: string | null;
  by: string;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  took_s: number | null;
  limits: string[];
  /** The name of the file that it made, if any. */
  file?: string | null;
  revision: number;
}

const WAIT_S = 20;
const LEAST_TURN_MS = 250;

export function isOver(run: Run): boolean {
  return run.state === "done" || run.state === "failed" || run.state === "cancelled";
}

/** Ask for `kind` and return its finished run; `told` hears of every step. Aborting cancels what nobody waits for. */
export async function carryOut<T>(
  kind: string,
  asked: object,
  { signal, told }: { signal: AbortSignal; told: (run: Run<T>) => void },
): Promise<Run<T>> {
  let last = await post<Run<T>>("tuning/runs", { kind, arguments: asked }, { signal });
  const give = () => {
    if (!isOver(last)) void cancel(last.id).catch(() => {}); // it may have ended meanwhile, which is as well
  };
  signal.addEventListener("abort", give);
  try {
    return await follow(last, {
      signal,
      told: (run) => {
        last = run;
        told(run);
      },
    });
  } finally {
    signal.removeEventListener("abort", give);
  }
}

/** Return the run when it is done; `told` hears of every step. Aborting follows it no longer, and leaves it at work. */
export async function follow<T>(
  begun: Run<T>,
  { signal, told }: { signal: AbortSignal; told: (run: Run<T>) => void },
): Promise<Run<T>> {
  let run = begun;
  told(run);
  while (!isOver(run)) {
    const asked = performance.now();
    run = await get<Run<T>>(`tuning/runs/${run.id}`, { query: { wait: WAIT_S, revision: run.revision }, signal });
    told(run);
    const rest = LEAST_TURN_MS - (performance.now() - asked);
    if (!isOver(run) && rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
    signal.throwIfAborted();
  }
  if (run.state === "done") return run;
  throw new ApiProblem(
    run.state,
    422,
    run.state === "cancelled" ? t("tuning.run.cancelled") : t("tuning.run.failed"),
    run.problem ?? "",
  );
}

export function cancel(id: string): Promise<Run> {
  return post<Run>(`tuning/runs/${id}/cancel`);
}

export interface Running<T> {
  /** The newest answer there is; it may be to an earlier question while `waiting`. */
  answer: T | null;
  run: Run<T> | null;
  waiting: boolean;
  problem: ApiProblem | null;
  again: () => void;
  cancel: () => void;
}

/** Have the run of these arguments, anew whenever they change and have held still for `restMs`; null asks nothing. */
export function useRun<T>(kind: string, asked: object | null, restMs = 0): Running<T> {
  const done = useSignal<Run<T> | null>(null);
  const step = useSignal<Run<T> | null>(null);
  const problem = useSignal<ApiProblem | null>(null);
  const waiting = useSignal(asked !== null);
  const turn = useSignal(0);
  const ended = useRef<AbortController | null>(null);
  const key = asked === null ? null : JSON.stringify(asked);
  useEffect(() => {
    problem.value = null;
    if (asked === null) {
      waiting.value = false;
      done.value = null;
      return;
    }
    const mine = new AbortController();
    ended.current = mine;
    waiting.value = true;
    const timer = setTimeout(() => {
      carryOut<T>(kind, asked, {
        signal: mine.signal,
        told: (run) => {
          if (!mine.signal.aborted) step.value = run;
        },
      }).then(
        (run) => {
          if (mine.signal.aborted) return;
          done.value = run;
          waiting.value = false;
        },
        (error: unknown) => {
          if (mine.signal.aborted) return;
          problem.value = asProblem(error);
          waiting.value = false;
        },
      );
    }, restMs);
    return () => {
      clearTimeout(timer);
      mine.abort();
    };
  }, [kind, key, turn.value]);
  return {
    answer: done.value?.answer ?? null,
    run: waiting.value ? step.value : done.value,
    waiting: waiting.value,
    problem: problem.value,
    again: () => {
      turn.value += 1;
    },
    cancel: () => {
      ended.current?.abort();
      waiting.value = false;
    },
  };
}

export interface Errand<T> extends Running<T> {
  /** What was asked last, null where nothing was. */
  asked: object | null;
  /** Whether the run was begun before this page was opened. */
  isFound: boolean;
  ask: (given: object) => void;
}

const UNWANTED = "unwanted";

interface Order {
  given: object | null;
  /** A run that is there already. */
  id: string;
}

/**
 * Work that somebody pressed a button for: it goes on when the page is left, and stands in the address as `?kind=ID`,
 * where whoever opens that finds it again. Only asking anew and cancelling end it.
 */
export function useErrand<T>(kind: string): Errand<T> {
  const found = useRef(place.peek().query.get(kind) ?? "");
  const order = useSignal<Order | null>(found.current ? { given: null, id: found.current } : null);
  const done = useSignal<Run<T> | null>(null);
  const step = useSignal<Run<T> | null>(null);
  const problem = useSignal<ApiProblem | null>(null);
  const waiting = useSignal(order.value !== null);
  const isFound = useSignal(order.value !== null);
  const ended = useRef<AbortController | null>(null);
  useEffect(() => {
    const wanted = order.value;
    if (!wanted) return;
    const mine = new AbortController();
    ended.current = mine;
    problem.value = null;
    waiting.value = true;
    step.value = null;
    const { signal } = mine;
    // Asked without the signal: what was pressed is begun, also where the page is left at once.
    const begun = wanted.id
      ? get<Run<T>>(`tuning/runs/${wanted.id}`, { signal })
      : post<Run<T>>("tuning/runs", { kind, arguments: wanted.given });
    begun
      .then((run) => {
        if (signal.reason === UNWANTED && !isOver(run)) void cancel(run.id).catch(() => {});
        signal.throwIfAborted();
        if (run.kind !== kind) throw new ApiProblem("not-found", 404, t("tuning.run.other"), "");
        if (!wanted.id) inAddress(kind, run.id);
        return follow(run, {
          signal,
          told: (one) => {
            if (!signal.aborted) step.value = one;
          },
        });
      })
      .then(
        (run) => {
          if (signal.aborted) return;
          done.value = run;
          waiting.value = false;
        },
        (error: unknown) => {
          if (signal.aborted) return;
          problem.value = asProblem(error);
          waiting.value = false;
        },
      );
    return () => mine.abort();
  }, [order.value]);
  const stop = () => {
    ended.current?.abort(UNWANTED);
    const run = step.value;
    if (run && waiting.value && !isOver(run)) void cancel(run.id).catch(() => {});
    waiting.value = false;
  };
  const ask = (given: object) => {
    if (!isFound.value) stop(); // what somebody else may wait for goes on
    isFound.value = false;
    order.value = { given, id: "" };
  };
  const run = waiting.value || problem.value ? step.value : done.value;
  return {
    answer: done.value?.answer ?? null,
    run,
    waiting: waiting.value,
    problem: problem.value,
    asked: order.value && (order.value.given ?? run?.arguments ?? {}),
    isFound: isFound.value,
    ask,
    again: () => {
      if (!order.value) return;
      const given = order.value.given ?? step.value?.arguments;
      order.value = given && step.value ? { given, id: "" } : { ...order.value };
    },
    cancel: stop,
  };
}

/** Name the run in the address, so that it is found again there. */
function inAddress(kind: string, id: string): void {
  const query = new URLSearchParams(place.peek().query);
  query.set(kind, id);
  go(`${place.peek().path}?${query}`, { replace: true });
}
