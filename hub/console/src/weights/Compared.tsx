// What the new weights change on one recording: alerts, boxes, cost and scores of both sides, and each difference to look at.
import { number } from "../health/figures";
import { t, words } from "../i18n";
import { ESTIMATES, type EstimateName, type Scores } from "../tuning/documents";
import { changesInWords, figureOf, intervalOf, whyNot } from "../tuning/figures";
import type { Changes } from "../tuning/documents";
import type { Run } from "../tuning/runs";
import { said } from "../tuning/sentences";
import { ScrollX } from "../ui/ScrollX";
import { Time } from "../ui/Time";
import { Changed } from "./Changed";
import { type Differences, fileOf, type Side } from "./documents";

const OWN = "its own weights";

export function ComparedWeights({ run, answer }: { run: Run<Differences>; answer: Differences }) {
  const tried = (run.arguments["changes"] ?? {}) as Changes;
  return (
    <div class="weights-answer">
      <h3>
        {t("weights.instead", { new: answer.candidate.name, old: nameOf(answer.base) })}
        <span class="dim">
          {" "}
          {answer.camera}
          {answer.recording && ` · ${answer.recording}`} · <Time at={answer.since} as="full" /> –{" "}
          <Time at={answer.until} as="clock" />
        </span>
      </h3>
      {Object.keys(tried).length > 0 && <p class="dim">{t("weights.with", { changes: changesInWords(tried) })}</p>}
      {run.limits.map((one) => (
        <p key={one} class="notice">
          {said(one)}
        </p>
      ))}
      <Sides base={answer.base} candidate={answer.candidate} />
      <Changed run={run} answer={answer} />
      {run.file && (
        <a class="button" href={fileOf(run.id)} download={`${run.id.slice(0, 8)}-pictures.zip`}>
          {t("weights.download-pictures")}
        </a>
      )}
    </div>
  );
}

function nameOf(side: Side): string {
  return side.name === OWN ? t("weights.own") : side.name;
}

function Sides({ base, candidate }: { base: Side; candidate: Side }) {
  const scores = base.scores && candidate.scores;
  const shown = scores ? ESTIMATES.filter((name) => base.scores?.[name] || candidate.scores?.[name]) : [];
  const row = (name: string, read: (side: Side) => string) => (
    <tr>
      <td>{name}</td>
      <td class="number">{read(base)}</td>
      <td class="number">
        <b>{read(candidate)}</b>
      </td>
    </tr>
  );
  const cost = (value: number | null | undefined, unit: string, digits: number) =>
    value === null || value === undefined ? "—" : `${number(value, digits)} ${unit}`;
  return (
    <>
      {scores && !candidate.scores?.enough && (
        <p class="notice scores-why">{whyNot(candidate.scores as Scores) || t("weights.no-scores")}</p>
      )}
      <ScrollX label={t("weights.sides")}>
        <table class="table scores">
          <thead>
            <tr>
              <th>
                <span class="visually-hidden">{t("tuning.score")}</span>
              </th>
              <th class="number" title={base.sha256}>
                {nameOf(base)}
              </th>
              <th class="number" title={candidate.sha256}>
                {nameOf(candidate)}
              </th>
            </tr>
          </thead>
          <tbody>
            {row(t("tuning.raised"), (side) => number(side.raised))}
            {row(t("weights.boxes"), (side) =>
              t("weights.in-frames", { boxes: number(side.boxes), frames: number(side.frames) }),
            )}
            {row(t("weights.inference"), (side) => cost(side.cost?.median_inference_ms, "ms", 1))}
            {row(t("weights.cpu"), (side) => cost(side.cost?.cpu_s_per_video_s, "s", 3))}
            {shown.map((name) => (
              <tr key={name}>
                <td title={words(`tuning.score.${name}.about`, "")}>{words(`tuning.score.${name}`)}</td>
                <Figure name={name} scores={base.scores} />
                <Figure name={name} scores={candidate.scores} />
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollX>
      {scores && (
        <p class="field-hint">
          {t("tuning.counts", { ...scores.labels })} · {t("tuning.intervals")}
        </p>
      )}
      {!scores && <p class="field-hint">{t("weights.no-labels")}</p>}
    </>
  );
}

function Figure({ name, scores }: { name: EstimateName; scores: Scores | null }) {
  const estimate = scores?.[name];
  return (
    <td class="number">
      <b title={estimate ? t("tuning.of-labels", { n: estimate.n }) : undefined}>{figureOf(name, estimate?.value)}</b>
      <span class="scores-interval dim">{intervalOf(name, estimate)}</span>
    </td>
  );
}
