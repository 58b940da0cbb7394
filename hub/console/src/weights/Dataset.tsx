// Verdicts of a span of days become a dataset: what is asked, what it holds and what was left out, its pictures, the file.
import { useSignal } from "@preact/signals";
import { hubNow } from "../api/city";
import { get } from "../api/http";
import { number } from "../health/figures";
import { t, words } from "../i18n";
import { DAY_MS } from "../tuning/address";
import type { Verdict } from "../tuning/documents";
import type { Errand, Run } from "../tuning/runs";
import { said } from "../tuning/sentences";
import { mayTune } from "../tuning/Tabs";
import { Button } from "../ui/Button";
import { Choice, Line } from "../ui/inputs";
import { fromLocal, toLocal } from "../ui/localTime";
import { useResource } from "../ui/resource";
import { Time } from "../ui/Time";
import { Progress } from "../workbench/Progress";
import { COUNTS, fileOf, type Made, memberOf, type Picture, sizeOf } from "./documents";
import { Framed } from "./Framed";
import type { CameraOf } from "./page";

const VERDICTS: readonly Verdict[] = ["true", "false", "missed"];
const DAYS = 30;
const FIRST = 12;

export function Dataset({ errand, cameras }: { errand: Errand<Made>; cameras: readonly CameraOf[] }) {
  const done = !errand.waiting && errand.answer && errand.run ? { answer: errand.answer, run: errand.run } : null;
  return (
    <section class="panel" aria-label={t("weights.dataset")}>
      <header>
        <h2>{t("weights.dataset")}</h2>
      </header>
      <div class="panel-content weights-panel">
        <p class="dim">{t("weights.dataset-about")}</p>
        {mayTune() && <Ask errand={errand} cameras={cameras} />}
        <Progress running={errand} asked={errand.waiting || errand.problem !== null} />
        {done && <Holds key={done.run.id} run={done.run} made={done.answer} />}
      </div>
    </section>
  );
}

function Ask({ errand, cameras }: { errand: Errand<Made>; cameras: readonly CameraOf[] }) {
  const since = useSignal(toLocal(hubNow() - DAYS * DAY_MS));
  const until = useSignal(toLocal(hubNow() + 60_000));
  const camera = useSignal("");
  const val = useSignal("20");
  const sure = useSignal("0.5");
  const verdicts = useSignal<readonly Verdict[]>(VERDICTS);
  const blur = useSignal(true);
  const wrong = useSignal<string | null>(null);
  const submit = () => {
    const [from, to] = [fromLocal(since.value), fromLocal(until.value)];
    const [share, least] = [Number(val.value) / 100, Number(sure.value)];
    wrong.value =
      from === null || to === null || from >= to
        ? t("weights.span-wrong")
        : verdicts.value.length === 0
          ? t("weights.no-verdict")
          : !(share >= 0 && share <= 0.9) || val.value.trim() === ""
            ? t("weights.val-range")
            : !(least >= 0 && least <= 1) || sure.value.trim() === ""
              ? t("weights.sure-range")
              : null;
    if (wrong.value || from === null || to === null) return;
    errand.ask({
      since: new Date(from).toISOString(),
      until: new Date(to).toISOString(),
      cameras: camera.value ? [camera.value] : null,
      labels: verdicts.value,
      val_share: share,
      sure: least,
      blur_people: blur.value,
    });
  };
  return (
    <form
      class="weights-form"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div class="weights-fields">
        <Line label={t("tuning.since")} type="datetime-local" value={since} />
        <Line label={t("tuning.until")} type="datetime-local" value={until} />
        <Choice
          label={t("weights.camera")}
          value={camera}
          none={t("weights.all-cameras")}
          options={cameras.map((one) => ({ value: one.id, words: one.name ? `${one.name} · ${one.id}` : one.id }))}
        />
        <Line label={t("weights.val")} hint={t("weights.val-about")} type="number" min={0} max={90} value={val} />
        <Line label={t("weights.sure")} hint={t("weights.sure-about")} value={sure} />
      </div>
      <div class="weights-checks">
        <fieldset>
          <legend>{t("weights.verdicts")}</legend>
          {VERDICTS.map((verdict) => (
            <label key={verdict}>
              <input
                type="checkbox"
                checked={verdicts.value.includes(verdict)}
                onChange={(event) => {
                  const rest = verdicts.value.filter((one) => one !== verdict);
                  verdicts.value = event.currentTarget.checked
                    ? VERDICTS.filter((one) => one === verdict || rest.includes(one))
                    : rest;
                }}
              />
              {words(`tuning.verdict.${verdict}`)}
            </label>
          ))}
        </fieldset>
        <label>
          <input
            type="checkbox"
            checked={blur.value}
            onChange={(event) => {
              blur.value = event.currentTarget.checked;
            }}
          />
          {t("weights.blur")}
        </label>
      </div>
      {wrong.value && (
        <p class="field-error" role="alert">
          {wrong.value}
        </p>
      )}
      <Button type="submit" kind="primary" busy={errand.waiting}>
        {t("weights.do-export")}
      </Button>
    </form>
  );
}

function Holds({ run, made }: { run: Run<Made>; made: Made }) {
  const since = String(run.arguments["since"] ?? "");
  const until = String(run.arguments["until"] ?? "");
  return (
    <div class="weights-answer">
      <h3>
        {made.counts.pictures > 0 ? t("weights.made", { n: number(made.counts.pictures) }) : t("weights.made-none")}
        <span class="dim">
          {" "}
          <Time at={since} as="full" /> – <Time at={until} as="full" />
        </span>
      </h3>
      {made.warnings.map((one) => (
        <p key={one} class="notice">
          {said(one)}
        </p>
      ))}
      <dl class="weights-counts">
        {COUNTS.map((name) => (
          <div key={name}>
            <dt>{words(`weights.count.${name}`)}</dt>
            <dd>{number(made.counts[name])}</dd>
          </div>
        ))}
      </dl>
      {Object.entries(made.left_out).length > 0 && (
        <ul class="weights-why" aria-label={t("weights.count.left_out")}>
          {Object.entries(made.left_out).map(([reason, count]) => (
            <li key={reason}>
              {number(count)} · {said(reason)}
            </li>
          ))}
        </ul>
      )}
      <p class="field-hint">
        {t("weights.classes", { names: made.classes.join(", ") || "—" })} ·{" "}
        {words(`weights.parted.${made.parted_by}`, made.parted_by)} · SHA-256 {made.manifest_sha256.slice(0, 16)}…
      </p>
      {run.file && (
        <p>
          <a class="button primary" href={fileOf(run.id)} download={`dataset-${since.slice(0, 10)}.zip`}>
            {t("weights.download", { size: sizeOf(made.bytes) })}
          </a>
        </p>
      )}
      {made.counts.pictures > 0 && <Pictures run={run.id} />}
    </div>
  );
}

function Pictures({ run }: { run: string }) {
  const most = useSignal(FIRST);
  const found = useResource((signal) => get<{ files: Picture[] }>(memberOf(run, "manifest.json"), { signal }), [run]);
  const files = found.value?.files ?? [];
  if (files.length === 0) return null;
  return (
    <section aria-label={t("weights.pictures")}>
      <p class="field-hint">{t("weights.pictures-about")}</p>
      <ul class="weights-pictures">
        {files.slice(0, most.value).map((one) => (
          <li key={one.image}>
            <Framed
              src={memberOf(run, one.image)}
              alt={t("weights.picture-of", { subject: one.camera })}
              boxes={one.boxes.map((each) => ({ box: each.box, tone: each.origin, words: each.label }))}
            />
            <p class="dim">
              {one.camera} · <Time at={one.captured_at} as="full" />
              <br />
              {words(`weights.split.${one.split}`)} · {words(`tuning.verdict.${one.verdict}`)}
              {one.to_look_at && ` · ${t("weights.look")}`}
            </p>
          </li>
        ))}
      </ul>
      {files.length > most.value && (
        <Button
          onClick={() => {
            most.value += FIRST;
          }}
        >
          {t("weights.more", { n: number(files.length - most.value) })}
        </Button>
      )}
    </section>
  );
}
