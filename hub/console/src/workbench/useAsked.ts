// What the bench asks of the hub for one rule: what judges now, what is tried, how they differ, the record and the labels.
import { type Signal, useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { questionOf, type Work } from "../tuning/address";
import type { Compared, Judged, RuleDocument } from "../tuning/documents";
import { useRun } from "../tuning/runs";
import { useResource } from "../ui/resource";
import { movedOf } from "./limits";
import { labelsOf, recordedWithin } from "./recorded";
import type { Stretch } from "./scale";
import { useTunables } from "./tunables";
import { useLanes } from "./useLanes";

const REST_MS = 250;
const DIFF_REST_MS = 900;

export interface ZoneOf {
  id: string;
  name?: string;
  dwell_s?: number | null;
}

interface AskedInput {
  work: Work;
  rule: RuleDocument;
  zones: readonly ZoneOf[];
  view: Signal<Stretch>;
}

export function useAsked({ work, rule, zones, view }: AskedInput) {
  const question = questionOf(work);
  const key = JSON.stringify(question);
  const version = work.version || null;
  const changed = Object.keys(work.changes).length > 0;
  const labelled = useSignal(0); // labels change the scores, so the same question has to be asked again
  const tunables = useTunables(rule, work, zones);
  const base = useRun<Judged>("judge", { question, changes: {}, version });
  const tried = useRun<Judged>("judge", changed ? { question, changes: work.changes, version } : null, REST_MS);
  const diff = useRun<Compared>(
    "diff",
    changed ? { question, base: { version, changes: {} }, candidate: { version, changes: work.changes } } : null,
    DIFF_REST_MS,
  );
  const recorded = useResource((signal) => recordedWithin(work, signal), [key]);
  const labels = useResource((signal) => labelsOf(work, signal), [key, labelled.value]);
  const inForce = tunables.items.map((one) => one.value).join();
  const moved = useMemo(() => movedOf(tunables.items, work.changes), [inForce, JSON.stringify(work.changes)]);
  const lanes = useLanes({ work, view, base, tried, recorded: recorded.value, labels: labels.value, moved });
  const again = () => {
    labelled.value += 1;
    base.again();
    if (changed) {
      tried.again();
      diff.again();
    }
  };
  return {
    question,
    version,
    changed,
    tunables,
    base,
    tried,
    diff,
    recorded,
    labels,
    moved,
    lanes,
    /** Thresholds that do not fit together are refused by all that is asked with them, and told once. */
    refusal: tried.problem?.detail ?? "",
    limits: [...new Set([...(base.answer?.limits ?? []), ...(tried.answer?.limits ?? [])])],
    again,
  };
}
