// What is compared: a recording and two sets of weights, or two files of detections; all of them by name.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { asProblem, type ApiProblem } from "../api/problem";
import { t } from "../i18n";
import type { Changes } from "../tuning/documents";
import { carryOut, type Errand, type Run } from "../tuning/runs";
import { said } from "../tuning/sentences";
import { mayTune } from "../tuning/Tabs";
import { Button } from "../ui/Button";
import { Choice, Line } from "../ui/inputs";
import { fromLocal, toLocal } from "../ui/localTime";
import { Failed, Loading } from "../ui/states";
import { span } from "../ui/time";
import { Progress } from "../workbench/Progress";
import { ComparedWeights } from "./Compared";
import { type Differences, type Files, sizeOf } from "./documents";
import type { CameraOf } from "./page";

interface ComparisonProps {
  errand: Errand<Differences>;
  cameras: readonly CameraOf[];
}

export function Comparison({ errand, cameras }: ComparisonProps) {
  const done = !errand.waiting && errand.answer && errand.run ? { answer: errand.answer, run: errand.run } : null;
  return (
    <section class="panel" aria-label={t("weights.compare")}>
      <header>
        <h2>{t("weights.compare")}</h2>
      </header>
      <div class="panel-content weights-panel">
        <p class="dim">{t("weights.compare-about")}</p>
        {mayTune() && <Ask errand={errand} cameras={cameras} />}
        <Progress running={errand} asked={errand.waiting || errand.problem !== null} />
        {done && <ComparedWeights key={done.run.id} run={done.run} answer={done.answer} />}
      </div>
    </section>
  );
}

/** Ask the tuning role what there is: it may run on another machine than what serves this page. */
function useFiles(): { files: Files | null; problem: ApiProblem | null; step: Run<Files> | null; again: () => void } {
  const files = useSignal<Files | null>(null);
  const problem = useSignal<ApiProblem | null>(null);
  const step = useSignal<Run<Files> | null>(null);
  const turn = useSignal(0);
  useEffect(() => {
    const mine = new AbortController();
    problem.value = null;
    carryOut<Files>(
      "files",
      {},
      {
        signal: mine.signal,
        told: (run) => {
          step.value = run;
        },
      },
    ).then(
      (run) => {
        files.value = run.answer;
      },
      (error: unknown) => {
        if (!mine.signal.aborted) problem.value = asProblem(error);
      },
    );
    return () => mine.abort();
  }, [turn.value]);
  return {
    files: files.value,
    problem: problem.value,
    step: step.value,
    again: () => {
      turn.value += 1;
    },
  };
}

function Ask({ errand, cameras }: ComparisonProps) {
  const { files, problem, step, again } = useFiles();
  if (problem) return <Failed problem={problem} again={again} />;
  if (!files)
    return (
      <>
        <Loading rows={3} />
        {step?.state === "waiting" && step.note && <p class="dim">{said(step.note)}</p>}
      </>
    );
  return <Form files={files} errand={errand} cameras={cameras} again={again} />;
}

function Form({ files, errand, cameras, again }: ComparisonProps & { files: Files; again: () => void }) {
  const source = useSignal<"recording" | "detections">(
    files.recordings.length === 0 && files.detections.length > 1 ? "detections" : "recording",
  );
  const recording = useSignal("");
  const camera = useSignal("");
  const start = useSignal("");
  const base = useSignal("");
  const candidate = useSignal("");
  const confidence = useSignal("");
  const wrong = useSignal<string | null>(null);
  const fresh = useRef(true);
  const watching = source.value === "recording";
  const choose = (name: string) => {
    recording.value = name;
    const found = files.recordings.find((one) => one.name === name);
    if (!found) return;
    if (found.camera) camera.value = found.camera;
    start.value = found.start ? toLocal(Date.parse(found.start)) : "";
  };
  const chooseDetections = (name: string) => {
    base.value = name;
    const found = files.detections.find((one) => one.name === name);
    if (found?.camera) camera.value = found.camera;
  };
  useEffect(() => {
    if (!fresh.current) return;
    fresh.current = false;
    const [only] = files.recordings;
    if (files.recordings.length === 1 && only) choose(only.name);
  }, [files]);
  const given = (): object | null => {
    const begun = fromLocal(start.value);
    const least = Number(confidence.value.replace(",", "."));
    wrong.value =
      watching && !recording.value
        ? t("weights.choose-recording")
        : !camera.value
          ? t("weights.choose-camera")
          : watching && begun === null
            ? t("weights.say-start")
            : !watching && !base.value
              ? t("weights.choose-detections")
              : !candidate.value
                ? t(watching ? "weights.choose-candidate" : "weights.choose-detections")
                : confidence.value && !(least > 0 && least < 1)
                  ? t("weights.confidence-range")
                  : null;
    if (wrong.value) return null;
    const changes: Changes = confidence.value
      ? { "parking.illegal.confidence": least, "stall.unlicensed.confidence": least }
      : {};
    return {
      camera: camera.value,
      candidate: candidate.value,
      base: base.value || null,
      recording: watching ? recording.value : null,
      start: watching && begun !== null ? new Date(begun).toISOString() : null,
      changes,
    };
  };
  const weights = files.weights.map((one) => ({
    value: one.name,
    words: `${one.name} · ${one.problem ? t("weights.unusable") : sizeOf(one.bytes)}`,
  }));
  const detections = files.detections.map((one) => ({ value: one.name, words: `${one.name} · ${sizeOf(one.bytes)}` }));
  const nothing = files.recordings.length === 0 && files.detections.length === 0;
  return (
    <form
      class="weights-form"
      onSubmit={(event) => {
        event.preventDefault();
        const asked = given();
        if (asked) errand.ask(asked);
      }}
    >
      {nothing && (
        <p class="notice">
          {t("weights.nothing-there")} <code>{files.folder}/recordings</code>, <code>{files.folder}/weights</code>
        </p>
      )}
      {files.cannot_watch && watching && (
        <p class="notice">
          {t("weights.cannot-watch")} {said(files.cannot_watch)}
        </p>
      )}
      <fieldset class="choices">
        <legend class="visually-hidden">{t("weights.source")}</legend>
        {(["recording", "detections"] as const).map((one) => (
          <button
            key={one}
            type="button"
            class="button"
            aria-pressed={source.value === one}
            onClick={() => {
              source.value = one;
              base.value = "";
              candidate.value = "";
            }}
          >
            {t(one === "recording" ? "weights.by-recording" : "weights.by-detections")}
          </button>
        ))}
        <Button kind="quiet" onClick={again}>
          {t("weights.look-again")}
        </Button>
      </fieldset>
      <div class="weights-fields">
        {watching && (
          <Choice
            label={t("weights.recording")}
            value={recording}
            none={t("weights.choose")}
            options={files.recordings.map((one) => ({
              value: one.name,
              words: one.length_s === null ? one.name : `${one.name} · ${span(one.length_s * 1000)}`,
            }))}
            onChoose={choose}
          />
        )}
        <Choice
          label={t("weights.camera")}
          value={camera}
          none={t("weights.choose")}
          options={cameras.map((one) => ({ value: one.id, words: one.name ? `${one.name} · ${one.id}` : one.id }))}
        />
        {watching && (
          <Line label={t("weights.start")} hint={t("weights.start-about")} type="datetime-local" value={start} />
        )}
        <Choice
          label={t(watching ? "weights.old" : "weights.old-detections")}
          value={base}
          none={t(watching ? "weights.own" : "weights.choose")}
          options={watching ? weights : detections}
          onChoose={watching ? () => {} : chooseDetections}
        />
        <Choice
          label={t(watching ? "weights.new" : "weights.new-detections")}
          value={candidate}
          none={t("weights.choose")}
          options={watching ? weights : detections}
        />
        <Line
          label={t("weights.confidence")}
          hint={t("weights.confidence-about")}
          value={confidence}
          placeholder={t("weights.as-in-force")}
        />
      </div>
      {wrong.value && (
        <p class="field-error" role="alert">
          {wrong.value}
        </p>
      )}
      <Button type="submit" kind="primary" busy={errand.waiting}>
        {t("weights.do-compare")}
      </Button>
    </form>
  );
}
