// One row of the board: an incident, or in a flood a group of them.
import { gridName, rules, ruleTitle } from "../api/city";
import { me } from "../api/session";
import type { Alert } from "../api/types";
import { why } from "../alert/why";
import { t, words } from "../i18n";
import { Icon } from "../ui/Icon";
import { SeverityMark, SeverityShape } from "../ui/Severity";
import { nowMs } from "../ui/ticking";
import { Subject } from "../ui/Subject";
import { counter, fullTime, shortTime } from "../ui/time";
import type { Line } from "./flood";
import { store } from "./live";
import { isDealtWith, isShelved } from "./order";
import { hasEnded, rowAlert } from "./view";

interface Placed {
  top: number;
  index: number;
  chosen: boolean;
}

export function AlertRow({ id, top, index, chosen, inGroup }: Placed & { id: string; inGroup: boolean }) {
  const alert = rowAlert(id);
  if (!alert) return null;
  const now = nowMs.value;
  const over = hasEnded(id);
  const dealt = isDealtWith(alert, now);
  const limit = (rules.value.get(alert.rule)?.respond_within_s ?? Number.POSITIVE_INFINITY) * 1000;
  const age = now - Date.parse(alert.raised_at);
  const classes = ["row", alert.severity];
  if (chosen) classes.push("chosen");
  if (dealt) classes.push("dealt");
  if (over) classes.push("over");
  if (inGroup) classes.push("in-group");
  return (
    <div
      id={`row-${id}`}
      class={classes.join(" ")}
      role="row"
      aria-rowindex={index + 1}
      aria-selected={chosen}
      style={{ transform: `translateY(${top}px)` }}
      data-id={id}
    >
      <div class="cell cell-severity" role="gridcell">
        <SeverityMark severity={alert.severity} hollow={dealt || over} />
      </div>
      <div class="cell cell-what" role="gridcell">
        <div class="row-title">
          <strong>{ruleTitle(alert.rule)}</strong>
          <span class="row-subject">
            <Subject id={alert.subject} />
          </span>
          <Symptoms id={id} />
        </div>
        <div class="row-why">{why(alert)}</div>
      </div>
      <div class="cell cell-marks" role="gridcell">
        <Marks alert={alert} now={now} />
      </div>
      <div class="cell cell-where" role="gridcell">
        {gridName(alert.grid)}
      </div>
      <div class="cell cell-when" role="gridcell" title={fullTime(alert.raised_at)}>
        <span class={!dealt && !over && age > limit ? "late" : ""}>{over ? t("board.over") : counter(age)}</span>
        <small>{shortTime(alert.raised_at)}</small>
      </div>
    </div>
  );
}

function Symptoms({ id }: { id: string }) {
  const n = store.value?.symptomsOf(id) ?? 0;
  if (!n) return null;
  return <span class="tag symptoms">{t(n === 1 ? "board.symptom" : "board.symptoms", { n })}</span>;
}

export function Marks({ alert, now }: { alert: Alert; now: number }) {
  const stale = store.value?.staleBy(alert);
  const link = store.value?.caseOf(alert.id);
  const verdict = alert.verdict?.is;
  return (
    <>
      {stale && (
        <span class="tag warn" title={t("board.stale-about")}>
          <Icon name="plug" size={12} />
          {words(`board.stale.${stale}`, stale)}
        </span>
      )}
      {alert.flapping && <span class="tag">{t("alert.flapping")}</span>}
      {verdict === "false_alarm" && <span class="tag">{t("alert.verdict-false")}</span>}
      {verdict === "real" && <span class="tag accent">{t("alert.verdict-real")}</span>}
      {isShelved(alert, now) && (
        <span class="tag" title={alert.shelve_reason ?? ""}>
          <Icon name="clock" size={12} />
          {t("board.shelved-until", { at: shortTime(alert.shelved_until ?? "") })}
        </span>
      )}
      {link && (
        <span class={link.overdue ? "tag bad" : "tag accent"}>
          <Icon name="case" size={12} />
          {words(`cases.stage.${link.stage}`, link.stage)}
        </span>
      )}
      {alert.evidence.length > 0 && (
        <span class="tag quiet" title={t("alert.number-of-pictures", { n: alert.evidence.length })}>
          <Icon name="picture" size={13} />
        </span>
      )}
      {alert.acknowledged && (
        <span class="tag good" title={t("board.acknowledged-by", { name: alert.acknowledged_by ?? "" })}>
          <Icon name="check" size={12} />
          {alert.owner && alert.owner !== me() ? alert.owner : alert.owner ? t("board.me") : t("board.acked")}
        </span>
      )}
      {!alert.acknowledged && alert.owner && (
        <span class="tag">
          <Icon name="user" size={12} />
          {alert.owner === me() ? t("board.me") : alert.owner}
        </span>
      )}
    </>
  );
}

export function GroupRow({ line, top, index, chosen }: Placed & { line: Extract<Line, { kind: "group" }> }) {
  const first = rowAlert(line.ids[0] ?? "");
  if (!first) return null;
  const waiting = line.ids.filter((id) => {
    const alert = rowAlert(id);
    return alert && !hasEnded(id) && !isDealtWith(alert, nowMs.value);
  }).length;
  return (
    <div
      id={`row-group:${line.key}`}
      class={`row group ${first.severity}${chosen ? " chosen" : ""}`}
      role="row"
      aria-rowindex={index + 1}
      aria-expanded={line.open}
      aria-selected={chosen}
      style={{ transform: `translateY(${top}px)` }}
      data-id={`group:${line.key}`}
    >
      <div class="cell cell-severity" role="gridcell">
        <SeverityShape severity={first.severity} />
        <Icon name={line.open ? "down" : "right"} size={14} />
      </div>
      <div class="cell cell-what" role="gridcell">
        <div class="row-title">
          <strong>{ruleTitle(first.rule)}</strong>
          <span class="tag accent">{t("board.group-of", { n: line.ids.length })}</span>
        </div>
        <div class="row-why">
          {t("board.group-waiting", { n: waiting })} ·{" "}
          {line.ids
            .slice(0, 4)
            .map((id) => rowAlert(id)?.subject)
            .join("、")}
          {line.ids.length > 4 ? " …" : ""}
        </div>
      </div>
      <div class="cell cell-marks" role="gridcell" />
      <div class="cell cell-where" role="gridcell">
        {gridName(first.grid)}
      </div>
      <div class="cell cell-when" role="gridcell">
        <span>{counter(nowMs.value - Date.parse(first.raised_at))}</span>
        <small>{shortTime(first.raised_at)}</small>
      </div>
    </div>
  );
}
