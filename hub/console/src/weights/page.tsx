// From labels to a better model: verdicts become a dataset, and old and new weights are held against each other.
import { city } from "../api/city";
import { get } from "../api/http";
import { t, words } from "../i18n";
import { href } from "../router";
import { isOver, type Run, useErrand } from "../tuning/runs";
import { TuningHead } from "../tuning/Tabs";
import { useResource } from "../ui/resource";
import { Failed, Loading } from "../ui/states";
import { Time } from "../ui/Time";
import { date } from "../ui/time";
import { Comparison } from "./Comparison";
import { Dataset } from "./Dataset";
import type { Differences, Made } from "./documents";
import "./weights.css";

export interface CameraOf {
  id: string;
  name: string;
}

const SHOWN = 8;

export default function WeightsPage() {
  return city.value ? <Bench /> : <Loading rows={8} />;
}

function Bench() {
  const cameras = useResource((signal) => get<{ items: CameraOf[] }>("cameras", { signal }), []);
  const dataset = useErrand<Made>("dataset");
  const weights = useErrand<Differences>("weights");
  return (
    <div class="column">
      <TuningHead title={t("weights.title")} about={t("weights.about")} />
      {cameras.problem && <Failed problem={cameras.problem} again={cameras.again} />}
      <div class="tuning-columns">
        <div class="weights-main">
          <Comparison errand={weights} cameras={cameras.value?.items ?? []} />
          <Dataset errand={dataset} cameras={cameras.value?.items ?? []} />
        </div>
        <div class="tuning-side weights-side">
          <Steps />
          <Earlier kind="weights" ended={`${weights.run?.id} ${weights.run?.state}`} />
          <Earlier kind="dataset" ended={`${dataset.run?.id} ${dataset.run?.state}`} />
        </div>
      </div>
    </div>
  );
}

/** What comes before and after, done on a machine that trains. */
function Steps() {
  return (
    <section class="panel">
      <header>
        <h2>{t("weights.way")}</h2>
      </header>
      <ol class="panel-content weights-steps">
        <li>{t("weights.step.verdicts")}</li>
        <li>{t("weights.step.dataset")}</li>
        <li>
          {t("weights.step.train")}
          <code>
            yolo detect train model=old.pt data=street-set/data.yaml epochs=50 freeze=10 optimizer=AdamW lr0=0.001
          </code>
        </li>
        <li>{t("weights.step.compare")}</li>
        <li>{t("weights.step.use")}</li>
      </ol>
    </section>
  );
}

function Earlier({ kind, ended }: { kind: "weights" | "dataset"; ended: string }) {
  const found = useResource(
    (signal) => get<{ items: Run[] }>("tuning/runs", { query: { kind, limit: SHOWN }, signal }),
    [kind, ended],
  );
  const name = t(kind === "weights" ? "weights.earlier-weights" : "weights.earlier-datasets");
  return (
    <section class="panel" aria-label={name}>
      <header>
        <h2>{name}</h2>
      </header>
      {!found.value ? (
        found.problem ? (
          <Failed problem={found.problem} again={found.again} />
        ) : (
          <Loading rows={2} />
        )
      ) : found.value.items.length === 0 ? (
        <p class="panel-content dim">{t("weights.none-earlier")}</p>
      ) : (
        <ul class="runs">
          {found.value.items.map((run) => (
            <li key={run.id}>
              <div>
                <a href={href(`/tuning/weights?${kind}=${run.id}`)}>{namedAs(run)}</a>
                <p class="dim">
                  {words(`tuning.state.${run.state}`, run.state)} · {run.by} · <Time at={run.created_at} as="ago" />
                </p>
                {!isOver(run) && <progress max={1} value={run.progress} aria-label={namedAs(run)} />}
              </div>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function namedAs(run: Run): string {
  const text = (name: string) => (typeof run.arguments[name] === "string" ? String(run.arguments[name]) : "");
  if (run.kind === "weights") return `${text("camera")} · ${text("recording") || text("base")} · ${text("candidate")}`;
  const cameras = run.arguments["cameras"];
  const of = Array.isArray(cameras) ? cameras.join(", ") : t("weights.all-cameras");
  return `${date(text("since"))} – ${date(text("until"))} · ${of}`;
}
