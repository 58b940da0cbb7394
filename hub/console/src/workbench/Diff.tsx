// The alerts that differ between what judges now and what is tried: each with its sight and reasons, walked and labelled by keys.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { numberName } from "../alert/quantities";
import { shown as shownNumber } from "../alert/shown";
import { why, whyCleared } from "../alert/why";
import { post, remove } from "../api/http";
import { number } from "../health/figures";
import { t, words } from "../i18n";
import { go, href } from "../router";
import type { Compared, Label, Raised, Verdict } from "../tuning/documents";
import { mayTune } from "../tuning/Tabs";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { SeverityMark } from "../ui/Severity";
import { Empty } from "../ui/states";
import { Subject } from "../ui/Subject";
import { Time } from "../ui/Time";
import { span } from "../ui/time";
import { refused, told } from "../ui/toast";
import {
  BEGUN,
  type Change,
  changesOf,
  give,
  left,
  meant,
  of,
  type Recorded,
  recordedOf,
  type Review,
  undo,
  untilOf,
  verdictOf,
  walk,
} from "./review";
import { Sight, type Sides } from "./Sight";
import "./diff.css";

interface DiffProps {
  diff: Compared;
  /** The alerts of the record, which have pictures and verdicts. */
  recorded?: readonly Recorded[];
  stale: boolean;
  /** By what each side judges, where both can be judged again. */
  sides?: Sides;
  /** Called when a label was given or withdrawn, so that scores are told anew. */
  onLabelled: () => void;
  onShow: (raised: Raised) => void;
  /** Where "why" leads for an alert of either side. */
  traceOf: (raised: Raised) => string;
}

const TONES: Readonly<Record<Change["kind"], string>> = {
  appeared: "warn",
  vanished: "good",
  moved: "accent",
  severity: "accent",
};

export function Diff({ diff, recorded = [], stale, sides, onLabelled, onShow, traceOf }: DiffProps) {
  const review = useSignal<Review>(BEGUN);
  const list = useRef<HTMLUListElement>(null);
  const line = useRef(Promise.resolve());
  const changes = changesOf(diff);
  const at = Math.min(review.value.at, Math.max(0, changes.length - 1));
  const chosen = changes[at];
  const shown = useRef({ changes, recorded });
  shown.current = { changes, recorded };
  // Keys may come faster than the hub answers: each word waits for the one before it, and is said of what is chosen then.
  const turn = (work: () => Promise<void>) => {
    line.current = line.current.then(work).catch(refused);
  };
  const label = (verdict: Verdict) => {
    if (!mayTune()) return;
    turn(async () => {
      const { changes: all, recorded: known } = shown.current;
      const index = Math.min(review.value.at, Math.max(0, all.length - 1));
      const change = all[index];
      if (!change) return;
      const one = of(change);
      const made = await post<Label>("tuning/labels", {
        rule: one.rule,
        subject: one.subject,
        grid: one.grid,
        since: one.since,
        until: one.cleared_at,
        verdict,
        source: "diff",
        alert: recordedOf(one, known),
      });
      review.value = give({ ...review.value, at: index }, { key: change.key, verdict, label: made.id }, all);
      onLabelled();
    });
  };
  const takeBack = () =>
    turn(async () => {
      const [before, last] = undo(review.value, shown.current.changes);
      if (!last) return;
      await remove(`tuning/labels/${last.label}`);
      review.value = before;
      told(t("tuning.taken-back"));
      onLabelled();
    });
  const step = (by: number) => {
    review.value = walk({ ...review.value, at }, by, changes.length);
  };
  const pressed = (event: KeyboardEvent) => {
    const what = meant(event);
    if (!what || changes.length === 0) return;
    event.preventDefault();
    if (what === "next") step(1);
    else if (what === "previous") step(-1);
    else if (what === "undo") takeBack();
    else if (what === "trace") chosen && go(traceOf(of(chosen)));
    else label(what);
  };
  const now = useRef(pressed);
  now.current = pressed;
  useEffect(() => {
    const hear = (event: KeyboardEvent) => now.current(event);
    addEventListener("keydown", hear);
    return () => removeEventListener("keydown", hear);
  }, []);
  useEffect(() => {
    // Within the list alone: the page must not jump to it when an answer comes.
    const row = list.current?.querySelector<HTMLElement>('[aria-current="true"]');
    if (!row || !list.current) return;
    const { top, bottom } = list.current.getBoundingClientRect();
    const place = row.getBoundingClientRect();
    if (place.top < top) list.current.scrollTop -= top - place.top;
    else if (place.bottom > bottom) list.current.scrollTop += place.bottom - bottom;
  }, [at, chosen?.key]);
  if (changes.length === 0)
    return (
      <Empty title={t("tuning.diff-none")}>
        <p>{t("tuning.diff-none-hint", { same: number(diff.same) })}</p>
      </Empty>
    );
  const open = left(review.value, changes);
  return (
    <div class={`diff${stale ? " stale" : ""}`} aria-busy={stale}>
      <div class="diff-head">
        <p>
          {(["appeared", "vanished", "moved", "severity"] as const).map((kind) => (
            <span key={kind} class={`tag ${TONES[kind]}`}>
              {words(`tuning.change.${kind}`)} {number(changes.filter((one) => one.kind === kind).length)}
            </span>
          ))}
          <span class="dim">{t("tuning.same", { n: number(diff.same) })}</span>
        </p>
        <p class="diff-left" role="status">
          {open > 0 ? t("tuning.left", { n: number(open) }) : t("tuning.none-left")}
        </p>
      </div>
      <div class="diff-body">
        <ul class="diff-list" ref={list} aria-label={t("tuning.diff")}>
          {changes.map((change, index) => {
            const one = of(change);
            const verdict = verdictOf(review.value, change);
            return (
              <li key={change.key}>
                <button
                  type="button"
                  aria-current={index === at ? "true" : undefined}
                  class={`diff-row ${change.kind}`}
                  onClick={() => {
                    review.value = { ...review.value, at: index };
                  }}
                >
                  <span class={`tag ${TONES[change.kind]}`}>{words(`tuning.change.${change.kind}`)}</span>
                  <span class="diff-subject ellipsis">
                    <Subject id={one.subject} />
                  </span>
                  <Time at={one.raised_at} />
                  {verdict ? (
                    <span class={`tag ${verdict === "false" ? "bad" : verdict === "true" ? "good" : "warn"}`}>
                      {words(`tuning.verdict.${verdict}`)}
                    </span>
                  ) : (
                    <span class="dim">{t("tuning.unlabelled")}</span>
                  )}
                </button>
              </li>
            );
          })}
        </ul>
        {chosen && (
          <article class="diff-one" aria-label={t("tuning.one-change")}>
            <header>
              <SeverityMark severity={of(chosen).severity} />
              <strong>
                <Subject id={of(chosen).subject} />
              </strong>
              <span class="dim">
                {chosen.kind === "moved" &&
                  t(chosen.byS > 0 ? "tuning.later" : "tuning.earlier", { span: span(Math.abs(chosen.byS) * 1000) })}
              </span>
              <span class="diff-links">
                <Button kind="quiet" icon="search" onClick={() => onShow(of(chosen))}>
                  {t("tuning.show-there")}
                </Button>
                <a href={href(traceOf(of(chosen)))} class="button quiet">
                  <Icon name="pulse" size={16} />
                  <span>{t("tuning.why")}</span>
                  <kbd aria-hidden="true">O</kbd>
                </a>
              </span>
            </header>
            <Sight
              key={chosen.key}
              raised={of(chosen)}
              until={untilOf(chosen)}
              recorded={recordedOf(chosen.base ?? of(chosen), recorded)}
              {...(sides ? { sides } : {})}
            />
            <dl class="sides">
              <Side name={t("tuning.now")} raised={chosen.base} absent={t("tuning.not-raised-now")} />
              <Side name={t("tuning.tried")} raised={chosen.candidate} absent={t("tuning.not-raised-tried")} />
            </dl>
            {mayTune() && (
              <div class="choices">
                <Button hotkey="T" icon="check" onClick={() => label("true")}>
                  {t("tuning.verdict.true")}
                </Button>
                <Button hotkey="F" icon="close" onClick={() => label("false")}>
                  {t("tuning.verdict.false")}
                </Button>
                <Button hotkey="M" icon="warning" onClick={() => label("missed")}>
                  {t("tuning.verdict.missed")}
                </Button>
                <Button
                  kind="quiet"
                  hotkey="U"
                  icon="undo"
                  disabled={review.value.given.length === 0}
                  onClick={() => takeBack()}
                >
                  {t("tuning.undo")}
                </Button>
                <Button kind="quiet" hotkey="K" disabled={at === 0} onClick={() => step(-1)}>
                  {t("tuning.previous")}
                </Button>
                <Button kind="quiet" hotkey="J" disabled={at === changes.length - 1} onClick={() => step(1)}>
                  {t("tuning.next")}
                </Button>
              </div>
            )}
          </article>
        )}
      </div>
    </div>
  );
}

const NUMBERS = 5;

/** What it rests on, named with units: sentences of rules on several quantities do not tell all of it. */
function numbersOf({ numbers }: Raised): string {
  return Object.entries(numbers)
    .filter(([name, value]) => value !== null && value !== "" && name !== "profile")
    .slice(0, NUMBERS)
    .map(([name, value]) => `${numberName(name)} ${shownNumber(name, value)}`)
    .join(" · ");
}

function Side({ name, raised, absent }: { name: string; raised: Raised | null; absent: string }) {
  return (
    <div class={raised ? "" : "absent"}>
      <dt>{name}</dt>
      <dd>
        {raised ? (
          <>
            <p>{why({ rule: raised.rule, reason: { text: raised.reason, ...raised.numbers } })}</p>
            <p class="dim side-numbers">{numbersOf(raised)}</p>
            <p class="dim">
              <SeverityMark severity={raised.severity} /> · {t("alert.raised")} <Time at={raised.raised_at} as="full" />
              {raised.cleared_at && (
                <>
                  {" "}
                  · {t("alert.cleared")} <Time at={raised.cleared_at} as="full" />
                </>
              )}
            </p>
            {raised.clear_reason && (
              <p class="dim">{whyCleared({ clear_reason: { text: raised.clear_reason, ...raised.clear_numbers } })}</p>
            )}
          </>
        ) : (
          <p class="dim">{absent}</p>
        )}
      </dd>
    </div>
  );
}
