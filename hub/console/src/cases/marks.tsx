// Small marks of a case: its stage, how its deadline stands, and what else there is to know at a glance.
import { t, words } from "../i18n";
import { nowMs } from "../ui/ticking";
import { fullTime, span, timeOfDay } from "../ui/time";
import { type CaseDocument, countdown } from "./case";

const TONES: Record<string, string> = {
  collected: "accent",
  done: "warn",
  verified: "good",
  closed: "good",
};

export function StageTag({ stage }: { stage: string }) {
  return <span class={`tag ${TONES[stage] ?? ""}`}>{words(`cases.stage.${stage}`)}</span>;
}

const DUE: Record<string, string> = {
  soon: "warn",
  over: "bad",
  missed: "bad",
  met: "good",
};

export function Due({ found }: { found: CaseDocument }) {
  const { state, ms } = countdown(found, nowMs.value);
  if (state === "none") return <span class="dim">{t("cases.due.none")}</span>;
  const about = found.due_at
    ? `${fullTime(found.due_at)}${found.clock ? ` · ${words(`cases.clock.${found.clock}`)}` : ""}`
    : "";
  return (
    <span class={`due ${DUE[state] ?? ""}`} title={about}>
      {words(`cases.due.${state}`).replace("{span}", span(ms))}
    </span>
  );
}

/** What turns a case aside or makes it urgent, each as a word. */
export function Flags({ found }: { found: CaseDocument }) {
  return (
    <>
      {found.overdue && <span class="tag bad">{t("cases.overdue")}</span>}
      {found.suspension === "asked" && <span class="tag warn">{t("cases.suspension.asked")}</span>}
      {found.suspension === "suspended" && found.suspended_until && (
        <span class="tag">
          {t("cases.suspension.suspended", {
            until: timeOfDay(found.suspended_until, nowMs.value),
          })}
        </span>
      )}
      {found.escalated_to && (
        <span class="tag warn">
          {t("cases.escalated", {
            level: words(`cases.level.${found.escalated_to}`),
          })}
        </span>
      )}
      {found.reworks > 0 && <span class="tag warn">{t("cases.reworks", { n: found.reworks })}</span>}
      {found.recurrences > 0 && <span class="tag">{t("cases.recurrences", { n: found.recurrences })}</span>}
    </>
  );
}
