// Something read from the API for a page: loading, there, or failed; read again on demand, and dropped with the page.
import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type ApiProblem, asProblem } from "../api/problem";

export interface Resource<T> {
  value: T | null;
  problem: ApiProblem | null;
  loading: boolean;
  again: () => void;
}

/** Read by `read` whenever one of `inputs` changes; what was there stays until the new is there. */
export function useResource<T>(read: (signal: AbortSignal) => Promise<T>, inputs: readonly unknown[]): Resource<T> {
  const value: Signal<T | null> = useSignal<T | null>(null);
  const problem = useSignal<ApiProblem | null>(null);
  const loading = useSignal(true);
  const turn = useSignal(0);
  const reader = useRef(read);
  reader.current = read;
  useEffect(() => {
    const ended = new AbortController();
    loading.value = true;
    reader.current(ended.signal).then(
      (found) => {
        if (ended.signal.aborted) return;
        value.value = found;
        problem.value = null;
        loading.value = false;
      },
      (error: unknown) => {
        if (ended.signal.aborted) return;
        problem.value = asProblem(error);
        loading.value = false;
      },
    );
    return () => ended.abort();
  }, [...inputs, turn.value]);
  return {
    value: value.value,
    problem: problem.value,
    loading: loading.value,
    again: () => {
      turn.value += 1;
    },
  };
}
