// The timeline's lanes for what is looked at; what was measured is asked for once the view is short enough and holds still.
import type { Signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { hubNow } from "../api/city";
import type { Alert } from "../api/types";
import { t } from "../i18n";
import type { Work } from "../tuning/address";
import type { Judged, Label, Traced } from "../tuning/documents";
import { alertBar, curveLanes, labelBars, lane, raisedBars, statesLane } from "../tuning/lanes";
import { type Running, useRun } from "../tuning/runs";
import type { Lane } from "./draw";
import type { Moved } from "./limits";
import { length, type Stretch } from "./scale";

const TRACE_REST_MS = 400;
const HOUR_MS = 3_600_000;
// How long a stretch of readings is worth its wait: frames come every second, a circuit has hundreds of lamps.
const MOST_HOURS: Readonly<Record<string, number>> = { parking: 6, stall: 6, camera: 12, streetlight: 24, device: 24 };
const ONE_SENSOR_HOURS = 48;

/** Return for how many hours the readings of a rule are shown at once. */
function hoursShown(rule: string): number {
  return MOST_HOURS[rule.split(".")[0] ?? ""] ?? ONE_SENSOR_HOURS;
}

interface LanesInput {
  work: Work;
  view: Signal<Stretch>;
  base: { answer: Judged | null };
  tried: { answer: Judged | null; waiting: boolean };
  recorded: Alert[] | null;
  labels: Label[] | null;
  moved: Moved;
}

export function useLanes({ work, view, base, tried, recorded, labels, moved }: LanesInput): {
  lanes: Lane[];
  say: string;
  /** How long a stretch shows readings, where the view is longer; 0 where it is not. */
  zoomMs: number;
  /** The readings that are asked for. */
  readings: Running<Traced>;
} {
  const [subject] = work.subjects;
  const hours = hoursShown(work.rule);
  const near = length(view.value) <= hours * HOUR_MS;
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
      ...(trace.answer
        ? [
            ...curveLanes(trace.answer, moved),
            statesLane(
              "states",
              t(Object.keys(work.changes).length > 0 ? "workbench.states-tried" : "tuning.lane.states"),
              trace.answer,
              end,
            ),
          ]
        : []),
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
    [trace.answer, recorded, judged, tried.answer, labels, moved, end],
  );
  const say = !subject ? t("tuning.choose-subject") : !near ? t("workbench.zoom-for-readings", { hours }) : "";
  const zoomMs = subject && !near ? hours * HOUR_MS : 0;
  return { lanes, say, zoomMs, readings: trace };
}
