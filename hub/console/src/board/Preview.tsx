// Beside the list: the incident under the cursor, with what an operator needs to decide, and what can be done.
import { gridName, ruleTitle } from "../api/city";
import { may } from "../api/session";
import type { Alert } from "../api/types";
import { Guidance } from "../alert/Guidance";
import { Picture } from "../alert/Picture";
import { Numbers } from "../alert/Numbers";
import { why } from "../alert/why";
import { t } from "../i18n";
import { href } from "../router";
import { Button } from "../ui/Button";
import { SeverityMark } from "../ui/Severity";
import { Time } from "../ui/Time";
import { Subject } from "../ui/Subject";
import { nowMs } from "../ui/ticking";
import { acknowledge, judge, unacknowledge, unjudge, unshelve } from "./actions";
import { store } from "./live";
import { isShelved } from "./order";
import { Marks } from "./Row";
import { hasEnded } from "./view";

export type Asked = "shelve" | "dispatch" | "false" | "owner" | "help";

export function Actions({ alert, ask, keys }: { alert: Alert; ask: (what: Asked) => void; keys: boolean }) {
  const write = may("alerts:write");
  const hot = (key: string) => (keys ? key : undefined);
  const link = store.value?.caseOf(alert.id) ?? null;
  if (!write && !may("cases:file")) return null;
  return (
    <div class="actions">
      {write &&
        (alert.acknowledged ? (
          <Button icon="undo" hotkey={hot("A")} onClick={() => unacknowledge(alert)}>
            {t("board.unacknowledge")}
          </Button>
        ) : (
          <Button kind="primary" icon="check" hotkey={hot("A")} onClick={() => acknowledge(alert)}>
            {t("board.acknowledge")}
          </Button>
        ))}
      {may("cases:file") && (
        <Button icon="case" hotkey={hot("D")} onClick={() => ask("dispatch")}>
          {link
            ? t("board.case-of", { number: link.number })
            : t(may("cases:dispatch") ? "board.dispatch" : "board.file")}
        </Button>
      )}
      {write && alert.condition === "active" && (
        <Button
          icon="clock"
          hotkey={hot("S")}
          onClick={() => (isShelved(alert, nowMs.value) ? unshelve(alert) : ask("shelve"))}
        >
          {t(isShelved(alert, nowMs.value) ? "board.unshelve" : "board.shelve")}
        </Button>
      )}
      {write && (
        <>
          <Button
            icon="flag"
            hotkey={hot("F")}
            aria-pressed={alert.verdict?.is === "false_alarm"}
            onClick={() => (alert.verdict?.is === "false_alarm" ? unjudge(alert) : ask("false"))}
          >
            {t("board.false-alarm")}
          </Button>
          <Button
            icon="shield"
            hotkey={hot("T")}
            aria-pressed={alert.verdict?.is === "real"}
            onClick={() => (alert.verdict?.is === "real" ? unjudge(alert) : judge(alert, "real", null))}
          >
            {t("board.real")}
          </Button>
          <Button icon="user" hotkey={hot("O")} onClick={() => ask("owner")}>
            {alert.owner ?? t("board.assign")}
          </Button>
        </>
      )}
    </div>
  );
}

export function Preview({ alert, ask }: { alert: Alert; ask: (what: Asked) => void }) {
  const newest = [...alert.evidence].reverse();
  const picture = newest.find((one) => one.kind.endsWith("_annotated")) ?? newest[0] ?? null;
  return (
    <aside class="preview" aria-label={t("board.preview")}>
      <header>
        <SeverityMark severity={alert.severity} hollow={hasEnded(alert.id)} />
        <h2>{ruleTitle(alert.rule)}</h2>
        <p class="dim">
          <Subject id={alert.subject} /> · {gridName(alert.grid)}
          {alert.camera && alert.camera !== alert.subject ? ` · ${alert.camera}` : ""}
        </p>
        <div class="preview-marks">
          <Marks alert={alert} now={nowMs.value} />
        </div>
      </header>
      <Actions alert={alert} ask={ask} keys />
      <p class="preview-why">{why(alert)}</p>
      {picture && <Picture picture={picture} alert={alert} small />}
      <Guidance alert={alert} />
      <Numbers reason={alert.reason} />
      <p class="dim preview-foot">
        <Time at={alert.raised_at} as="full" />
        <a href={href(`/alerts/${alert.id}`)}>
          {t("board.open")} <kbd>Enter</kbd>
        </a>
      </p>
    </aside>
  );
}
