// What waits for a word: a sample of quiet stretches in which a rule nearly spoke, so that recall means something.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { why } from "../alert/why";
import { gridName, hubNow, rules, ruleTitle } from "../api/city";
import { get, post } from "../api/http";
import type { Alert } from "../api/types";
import { number } from "../health/figures";
import { t, words } from "../i18n";
import { go, href } from "../router";
import { DAY_MS, workOn } from "../tuning/address";
import type { Label, Verdict } from "../tuning/documents";
import { useErrand } from "../tuning/runs";
import { mayTune } from "../tuning/Tabs";
import { Button } from "../ui/Button";
import { useResource } from "../ui/resource";
import { Time } from "../ui/Time";
import { refused, told } from "../ui/toast";
import { problemText } from "../ui/states";
import { AsOf } from "../workbench/AsOf";
import { Progress } from "../workbench/Progress";
import { withdraw } from "./withdraw";

interface Candidate {
  id: string;
  rule: string;
  subject: string;
  grid: string;
  since: string;
  until: string | null;
  raised_at: string;
  reason: Alert["reason"];
  nearness: "near" | "far";
  frame: number;
}

interface Drawn {
  /** How many there are to draw from. */
  quiet: number;
  drawn: number;
  new: number;
}

const DAYS: readonly number[] = [1, 7, 30];
const SHOWN = 12;
const ROOM_MS = 1_800_000;

export function Sample({ rule, done }: { rule: string; done: () => void }) {
  const days = useSignal(7);
  const drawn = useErrand<Drawn>("sample");
  const busy = useSignal("");
  const waiting = useResource(
    (signal) =>
      get<{ items: Candidate[]; waiting: number }>("tuning/labels/waiting", { query: { rule, limit: SHOWN }, signal }),
    [rule],
  );
  useEffect(() => {
    if (drawn.answer) waiting.again();
  }, [drawn.answer]);
  const draw = () => {
    const until = Math.floor(hubNow() / 3_600_000) * 3_600_000;
    const since = new Date(until - days.value * DAY_MS).toISOString();
    drawn.ask({
      question: { rules: [rule], grids: null, subjects: null, since, until: new Date(until).toISOString() },
    });
  };
  const again = () => {
    waiting.again();
    done();
  };
  const give = async (one: Candidate, verdict: Verdict) => {
    busy.value = one.id;
    try {
      const label = await post<Label>("tuning/labels", { candidate: one.id, verdict });
      told(t("tuning.labelled"), { label: t("tuning.undo"), run: () => void withdraw(label, again) });
    } catch (error) {
      refused(error);
    } finally {
      busy.value = "";
      again(); // also where a colleague was quicker: then it waits no more
    }
  };
  const items = waiting.value?.items ?? [];
  return (
    <section class="panel" aria-label={t("tuning.sample")}>
      <header>
        <h2>
          {t("tuning.sample")} {waiting.value && <span class="dim">{number(waiting.value.waiting)}</span>}
        </h2>
        <select
          aria-label={t("tuning.sample-rule")}
          value={rule}
          onChange={(event) => go(`/tuning/labels?rule=${event.currentTarget.value}`, { replace: true })}
        >
          <option value="">{t("tuning.choose-rule")}</option>
          {[...rules.value.keys()].map((one) => (
            <option key={one} value={one}>
              {ruleTitle(one)}
            </option>
          ))}
        </select>
        {mayTune() && (
          <>
            <select
              aria-label={t("tuning.sample-days")}
              value={days.value}
              onChange={(event) => {
                days.value = Number(event.currentTarget.value);
              }}
            >
              {DAYS.map((one) => (
                <option key={one} value={one}>
                  {t("tuning.last-days", { days: one })}
                </option>
              ))}
            </select>
            <Button disabled={!rule} busy={drawn.waiting} onClick={draw}>
              {t("tuning.sample-draw")}
            </Button>
          </>
        )}
      </header>
      <div class="panel-content">
        <p class="dim">{t("tuning.sample-about")}</p>
        <Progress running={drawn} asked={drawn.asked !== null} />
        {drawn.waiting && <p class="field-hint">{t("tuning.goes-on")}</p>}
        {waiting.problem && <p class="field-error">{problemText(waiting.problem)}</p>}
        {drawn.isFound && drawn.answer && <AsOf run={drawn.run} />}
        {drawn.answer && (
          <p role="status">
            {drawn.answer.quiet === 0
              ? t("tuning.sample-quiet")
              : t("tuning.sample-drawn", {
                  n: number(drawn.answer.new),
                  drawn: number(drawn.answer.drawn),
                  of: number(drawn.answer.quiet),
                })}
          </p>
        )}
        {waiting.value && items.length === 0 && !drawn.waiting && !drawn.answer && (
          <p>{t(rule ? "tuning.sample-none-here" : mayTune() ? "tuning.sample-first" : "tuning.sample-none")}</p>
        )}
        <ul class="samples">
          {items.map((one) => (
            <li key={one.id}>
              <div>
                <a
                  href={href(
                    workOn(one.rule, one.subject, {
                      since: Date.parse(one.since) - ROOM_MS,
                      until: Date.parse(one.until ?? one.raised_at) + ROOM_MS,
                    }),
                  )}
                >
                  {one.subject}
                </a>{" "}
                <span class="dim">
                  {ruleTitle(one.rule)} · {gridName(one.grid)}
                </span>{" "}
                <Time at={one.since} as="full" />{" "}
                <span class="tag" title={t("tuning.frame-about", { n: number(one.frame) })}>
                  {words(`tuning.nearness.${one.nearness}`, one.nearness)}
                </span>
                <p class="dim">{why(one)}</p>
              </div>
              {mayTune() && (
                <div class="choices">
                  {(["missed", "false"] as const).map((verdict) => (
                    <Button key={verdict} disabled={busy.value === one.id} onClick={() => void give(one, verdict)}>
                      {words(`tuning.sample.${verdict}`)}
                    </Button>
                  ))}
                </div>
              )}
            </li>
          ))}
        </ul>
        {waiting.value && waiting.value.waiting > items.length && (
          <p class="field-hint">{t("tuning.sample-more", { n: number(waiting.value.waiting - items.length) })}</p>
        )}
      </div>
    </section>
  );
}
