// The timeline's lanes for what is looked at; what was measured is asked for once the view is short enough and holds still.
import type { Signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { hubNow } from "../api/city";
import type { Alert } from "../api/types";
import { t } from "../i18n";
import type { Work } from "../tuning/address";
import type { Judged, Label, Traced } from "../tuning/documents";
import { alertBar, labelBars, lane, raisedBars, traceLanes } from "../tuning/lanes";
import { useRun } from "../tuning/runs";
import type { Lane } from "./draw";
import { length, type Stretch } from "./scale";

const TRACE_REST_MS = 400;
const MOST_TRACE_MS = 6 * 3_600_000;

interface LanesInput {
  work: Work;
  view: Signal<Stretch>;
  base: { answer: Judged | null };
  tried: { answer: Judged | null; waiting: boolean };
  recorded: Alert[] | null;
  labels: Label[] | null;
}

export function useLanes({ work, view, base, tried, recorded, labels }: LanesInput): {
  lanes: Lane[];
  say: string;
  problem: string;
} {
  const [subject] = work.subjects;
  const near = length(view.value) <= MOST_TRACE_MS;
  const middle = Math.round((view.value.from + view.value.to) / 2);
  const trace = useRun<Traced>(
    "trace",
    subject && near
      ? {
          rule: work.rule,
          subject,
          at: new Date(middle).toISOString(),
          around_s: Math.ceil(length(view.value) / 2000),
          changes: work.changes,
          version: work.version || null,
          what_if: false,
        }
      : null,
    TRACE_REST_MS,
  );
  const end = Math.min(work.until, hubNow());
  const judged = tried.answer ?? base.answer;
  const lanes = useMemo(
    (): Lane[] => [
      ...(trace.answer ? traceLanes(trace.answer, end) : []),
      lane(
        "recorded",
        t("tuning.lane.recorded"),
        (recorded ?? []).map((one) => alertBar(one.id, one, end)),
        recorded ? t("tuning.none-recorded") : t("ui.loading"),
      ),
      lane(
        "judged",
        t(tried.answer ? "tuning.lane.tried" : "tuning.lane.now"),
        judged ? raisedBars(judged.raised, end) : [],
        judged ? t("tuning.none-raised") : t("tuning.judging"),
      ),
      lane("labels", t("tuning.lane.labels"), labelBars(labels ?? [], end), t("tuning.none-labelled"), true),
    ],
    [trace.answer, recorded, judged, tried.answer, labels, end],
  );
  const say = !subject ? t("tuning.choose-subject") : !near ? t("tuning.zoom-for-readings") : "";
  return { lanes, say, problem: trace.problem?.detail ?? "" };
}
