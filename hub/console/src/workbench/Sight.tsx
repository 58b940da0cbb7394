// What there is to see of a judged alert: the picture that was kept, or the readings around it.
import { useSignal } from "@preact/signals";
import { Picture } from "../alert/Picture";
import { get } from "../api/http";
import type { Alert } from "../api/types";
import { may } from "../api/session";
import { t } from "../i18n";
import type { Changes, Raised, Traced } from "../tuning/documents";
import { curveLanes, statesLane } from "../tuning/lanes";
import { useRun } from "../tuning/runs";
import { useResource } from "../ui/resource";
import { type Moved, NOTHING_MOVED } from "./limits";
import { Progress } from "./Progress";
import { around, type Stretch } from "./scale";
import { Timeline } from "./Timeline";
import "../alert/alert.css";
import "../board/board.css";
import "./diff.css";

const KINDS = ["confirmation_annotated", "confirmation", "first_sight_annotated", "first_sight"];
const LEAST_AROUND_S = 900;
const MOST_AROUND_S = 6 * 3600;
const REST_MS = 350;

/** By what a side of the difference judges. */
export interface Judging {
  version: string | null;
  changes: Changes;
}

/** Both sides of a difference, and the thresholds in which they differ. */
export interface Sides {
  base: Judging;
  candidate: Judging;
  moved: Moved;
}

interface SightProps {
  raised: Raised;
  /** Until when it stood, on whichever side it stood longer. */
  until: string;
  recorded: string | null;
  /** Where they are known, what each side made of the same readings is shown. */
  sides?: Sides | null;
}

export function Sight({ raised, until, recorded, sides = null }: SightProps) {
  const alert = useResource(
    (signal) =>
      recorded && raised.camera_id && may("evidence:read")
        ? get<Alert>(`alerts/${recorded}`, { signal })
        : Promise.resolve(null),
    [recorded],
  );
  if (!raised.camera_id) return <Readings raised={raised} until={until} sides={sides} />;
  const kept = KINDS.map((kind) => alert.value?.evidence.find((one) => one.kind === kind)).find(Boolean);
  if (alert.value && kept) return <Picture picture={kept} alert={alert.value} small />;
  // A camera that is lost or moved has no place in its picture: what was measured of it says more than an empty frame.
  if (!raised.box && !alert.loading) return <Readings raised={raised} until={until} sides={sides} />;
  return (
    <figure class="sight-box">
      <svg viewBox="0 0 160 90" role="img" aria-label={t("tuning.where-in-picture")}>
        <rect class="sight-frame" width="160" height="90" />
        {raised.box && (
          <rect
            class="sight-place"
            x={raised.box[0] * 160}
            y={raised.box[1] * 90}
            width={(raised.box[2] - raised.box[0]) * 160}
            height={(raised.box[3] - raised.box[1]) * 90}
          />
        )}
      </svg>
      <figcaption class="dim">
        {raised.camera_id} · {alert.loading ? t("ui.loading") : t("tuning.no-picture")}
      </figcaption>
    </figure>
  );
}

function Readings({ raised, until, sides }: Omit<SightProps, "recorded"> & { sides: Sides | null }) {
  const begin = Date.parse(raised.since);
  const at = Date.parse(raised.raised_at);
  const end = Math.max(at, Date.parse(until));
  const aroundS = Math.min(MOST_AROUND_S, Math.max(LEAST_AROUND_S, (1.4 * Math.max(end - at, at - begin)) / 1000));
  const asked = { rule: raised.rule, subject: raised.subject, at: raised.raised_at, around_s: Math.round(aroundS) };
  const base = useRun<Traced>("trace", { ...asked, ...(sides?.base ?? { changes: {} }), what_if: false }, REST_MS);
  const tried = useRun<Traced>("trace", sides && { ...asked, ...sides.candidate, what_if: false }, REST_MS);
  const bounds: Stretch = { from: at - aroundS * 1000, to: at + aroundS * 1000 };
  const view = useSignal<Stretch>(around({ from: begin, to: end }, bounds, 0.4));
  const seen = base.answer ?? tried.answer;
  const lanes = seen && [
    ...curveLanes(seen, sides?.moved ?? NOTHING_MOVED),
    ...(base.answer ? [statesLane("now", t(sides ? "tuning.now" : "tuning.lane.states"), base.answer, bounds.to)] : []),
    ...(tried.answer ? [statesLane("tried", t("tuning.tried"), tried.answer, bounds.to)] : []),
  ];
  return (
    <div class="sight-readings">
      <Progress running={base} />
      {lanes && <Timeline lanes={lanes} view={view} bounds={bounds} />}
    </div>
  );
}
