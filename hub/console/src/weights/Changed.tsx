// Each alert that differs between two sets of weights: its picture with the place marked, both reasons, and a word on it.
import { useSignal } from "@preact/signals";
import { why } from "../alert/why";
import { ruleTitle } from "../api/city";
import { post } from "../api/http";
import { number } from "../health/figures";
import { t, words } from "../i18n";
import type { Label, Raised, Verdict } from "../tuning/documents";
import type { Run } from "../tuning/runs";
import { mayTune } from "../tuning/Tabs";
import { Button } from "../ui/Button";
import { SeverityMark } from "../ui/Severity";
import { Empty } from "../ui/states";
import { Time } from "../ui/Time";
import { span } from "../ui/time";
import { refused, told } from "../ui/toast";
import { type Change, changesOf, of } from "../workbench/review";
import { type Differences, memberOf } from "./documents";
import { Framed } from "./Framed";

const TONES: Readonly<Record<Change["kind"], string>> = {
  appeared: "warn",
  vanished: "good",
  moved: "accent",
  severity: "accent",
};
const FIRST = 12;

export function Changed({ run, answer }: { run: Run<Differences>; answer: Differences }) {
  const most = useSignal(FIRST);
  const changes = changesOf(answer);
  if (changes.length === 0)
    return (
      <Empty title={t("weights.same")}>
        <p>{t("weights.same-about", { n: number(answer.same) })}</p>
      </Empty>
    );
  return (
    <section aria-label={t("weights.changes")}>
      <p class="weights-tags">
        {(["appeared", "vanished", "moved", "severity"] as const).map((kind) => (
          <span key={kind} class={`tag ${TONES[kind]}`}>
            {words(`tuning.change.${kind}`)} {number(changes.filter((one) => one.kind === kind).length)}
          </span>
        ))}{" "}
        <span class="dim">{t("tuning.same", { n: number(answer.same) })}</span>
      </p>
      <ul class="weights-changes">
        {changes.slice(0, most.value).map((change) => (
          <OneChange key={change.key} change={change} run={run} answer={answer} />
        ))}
      </ul>
      {changes.length > most.value && (
        <Button
          onClick={() => {
            most.value += FIRST;
          }}
        >
          {t("weights.more", { n: number(changes.length - most.value) })}
        </Button>
      )}
    </section>
  );
}

function OneChange({ change, run, answer }: { change: Change; run: Run<Differences>; answer: Differences }) {
  const one = of(change);
  const picture = answer.pictures?.[one.alert_id];
  const verdict = useSignal<Verdict | null>(one.label);
  const busy = useSignal(false);
  const say = async (word: Verdict) => {
    busy.value = true;
    try {
      await post<Label>("tuning/labels", {
        rule: one.rule,
        subject: one.subject,
        grid: one.grid,
        since: one.since,
        until: one.cleared_at,
        verdict: word,
        source: "diff",
        alert: one.recorded_alert_id,
      });
      verdict.value = word;
      told(t("tuning.labelled"));
    } catch (error) {
      refused(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <li class="weights-change">
      <Framed
        src={picture ? memberOf(run.id, picture.file) : null}
        alt={t("weights.picture-of", { subject: one.subject })}
        boxes={one.box ? [{ box: one.box, tone: change.kind }] : []}
      />
      <div>
        <p>
          <span class={`tag ${TONES[change.kind]}`}>{words(`tuning.change.${change.kind}`)}</span>{" "}
          <SeverityMark severity={one.severity} /> <strong>{ruleTitle(one.rule)}</strong> {one.subject}
          {change.kind === "moved" && (
            <span class="dim">
              {" "}
              {t(change.byS > 0 ? "tuning.later" : "tuning.earlier", { span: span(Math.abs(change.byS) * 1000) })}
            </span>
          )}
        </p>
        <dl class="weights-reasons">
          <Reason name={t("weights.old")} raised={change.base} />
          <Reason name={t("weights.new")} raised={change.candidate} />
        </dl>
        {mayTune() && (
          <div class="choices">
            {(["true", "false", "missed"] as const).map((word) => (
              <Button
                key={word}
                disabled={busy.value}
                aria-pressed={verdict.value === word}
                onClick={() => void say(word)}
              >
                {words(`tuning.verdict.${word}`)}
              </Button>
            ))}
          </div>
        )}
      </div>
    </li>
  );
}

function Reason({ name, raised }: { name: string; raised: Raised | null }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {raised ? (
          <>
            {why({ rule: raised.rule, reason: { text: raised.reason, ...raised.numbers } })}{" "}
            <span class="dim">
              {t("alert.raised")} <Time at={raised.raised_at} as="clock" />
              {raised.cleared_at && (
                <>
                  {" "}
                  · {t("alert.cleared")} <Time at={raised.cleared_at} as="clock" />
                </>
              )}
            </span>
          </>
        ) : (
          <span class="dim">{t("weights.not-raised")}</span>
        )}
      </dd>
    </div>
  );
}
