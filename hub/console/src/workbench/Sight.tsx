// What there is to see of a judged alert: the picture that was kept, or the readings around it.
import { useSignal } from "@preact/signals";
import { Picture } from "../alert/Picture";
import { get } from "../api/http";
import type { Alert } from "../api/types";
import { may } from "../api/session";
import { t } from "../i18n";
import type { Raised, Traced } from "../tuning/documents";
import { traceLanes } from "../tuning/lanes";
import { useRun } from "../tuning/runs";
import { useResource } from "../ui/resource";
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

export function Sight({ raised, recorded }: { raised: Raised; recorded: string | null }) {
  const alert = useResource(
    (signal) =>
      recorded && raised.camera_id && may("evidence:read")
        ? get<Alert>(`alerts/${recorded}`, { signal })
        : Promise.resolve(null),
    [recorded],
  );
  if (!raised.camera_id) return <Readings raised={raised} />;
  const kept = KINDS.map((kind) => alert.value?.evidence.find((one) => one.kind === kind)).find(Boolean);
  if (alert.value && kept) return <Picture picture={kept} alert={alert.value} small />;
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

function Readings({ raised }: { raised: Raised }) {
  const begin = Date.parse(raised.since);
  const end = Date.parse(raised.cleared_at ?? raised.raised_at);
  const aroundS = Math.min(MOST_AROUND_S, Math.max(LEAST_AROUND_S, (end - begin) / 1000));
  const found = useRun<Traced>(
    "trace",
    {
      rule: raised.rule,
      subject: raised.subject,
      at: raised.raised_at,
      around_s: Math.round(aroundS),
      changes: {},
      what_if: false,
    },
    REST_MS,
  );
  const at = Date.parse(raised.raised_at);
  const bounds: Stretch = { from: at - aroundS * 1000, to: at + aroundS * 1000 };
  const view = useSignal<Stretch>(around({ from: begin, to: at }, bounds, 1));
  return (
    <div class="sight-readings">
      <Progress running={found} />
      {found.answer && <Timeline lanes={traceLanes(found.answer, bounds.to)} view={view} bounds={bounds} />}
    </div>
  );
}
