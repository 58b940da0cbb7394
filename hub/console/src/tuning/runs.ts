// Work that the tuning role does for a page: asked for, followed until it is done, cancelled when nobody waits any more.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { get, post } from "../api/http";
import { ApiProblem, asProblem } from "../api/problem";
import { t } from "../i18n";

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
  let run = await post<Run<T>>("tuning/runs", { kind, arguments: asked }, { signal });
  const give = () => {
    if (!isOver(run)) void cancel(run.id).catch(() => {}); // it may have ended meanwhile, which is as well
  };
  signal.addEventListener("abort", give);
  try {
    told(run);
    while (!isOver(run)) {
      const begun = performance.now();
      run = await get<Run<T>>(`tuning/runs/${run.id}`, { query: { wait: WAIT_S, revision: run.revision }, signal });
      told(run);
      const rest = LEAST_TURN_MS - (performance.now() - begun);
      if (!isOver(run) && rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
      signal.throwIfAborted();
    }
  } finally {
    signal.removeEventListener("abort", give);
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
