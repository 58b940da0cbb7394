// What happened to the alert, entry by entry, and whether the record of it is whole.
import { get } from "../api/http";
import type { Alert, Severity } from "../api/types";
import { language, t, words } from "../i18n";
import { Icon, type IconName } from "../ui/Icon";
import { useResource } from "../ui/resource";
import { Loading, problemText } from "../ui/states";
import { Time } from "../ui/Time";
import { shortTime } from "../ui/time";

interface Happened {
  seq: number;
  type: string;
  at: string;
  by: string | null;
  note: string | null;
  severity: Severity;
  owner: string | null;
  verdict: "real" | "false_alarm" | null;
  shelved_until: string | null;
  pictures: number;
}

interface RecordOf {
  items: Happened[];
  whole: boolean;
  differences: string[];
}

const ICONS: Record<string, IconName> = {
  "alert.raised": "warning",
  "alert.updated": "edit",
  "alert.cleared": "check",
  "alert.acknowledged": "check-twice",
  "alert.unacknowledged": "undo",
  "alert.shelved": "clock",
  "alert.unshelved": "clock",
  "alert.evidence": "picture",
  "alert.assigned": "user",
  "alert.judged": "flag",
};

const DETECTORS = new Set(["alert.raised", "alert.updated", "alert.cleared"]);
const MOST = 60;

export function Timeline({ alert }: { alert: Alert }) {
  const read = useResource(
    (signal) => get<RecordOf>(`alerts/${alert.id}/record`, { signal }),
    [alert.id, alert.revision],
  );
  const items = [...(read.value?.items ?? [])].reverse();
  return (
    <section class="panel" aria-label={t("alert.timeline")}>
      <header>
        <h2>{t("alert.timeline")}</h2>
        {read.value &&
          (read.value.whole ? (
            <span class="tag good">
              <Icon name="shield" size={12} />
              {t("alert.chain-verified", { n: items.length })}
            </span>
          ) : (
            <span class="tag bad" title={read.value.differences.join("\n")}>
              <Icon name="warning" size={12} />
              {t("alert.chain-broken", { why: read.value.differences[0] ?? "" })}
            </span>
          ))}
      </header>
      <div class="panel-content">
        {!read.value && read.loading && <Loading rows={3} />}
        {!read.value && read.problem && <p class="field-error">{problemText(read.problem)}</p>}
        <ol class="timeline">
          {items.slice(0, MOST).map((item) => (
            <li key={item.seq} class={item.type === "alert.raised" ? item.severity : ""}>
              <Icon name={ICONS[item.type] ?? "info"} size={15} />
              <div>
                <p>
                  <strong>{words(`alert.event.${item.type}`, item.type)}</strong>
                  {item.by && <span> · {item.by}</span>}
                  <span class="dim"> {detail(item)}</span>
                </p>
                {item.note && !(DETECTORS.has(item.type) && language.value === "zh") && <p class="dim">{item.note}</p>}
              </div>
              <Time at={item.at} />
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}

function detail(item: Happened): string {
  switch (item.type) {
    case "alert.raised":
    case "alert.updated":
      return words(`ui.severity.${item.severity}`);
    case "alert.shelved":
      return item.shelved_until ? t("alert.until", { at: shortTime(item.shelved_until) }) : "";
    case "alert.assigned":
      return `→ ${item.owner ?? t("alert.event-nobody")}`;
    case "alert.judged":
      return item.verdict === "real"
        ? t("alert.verdict-real")
        : item.verdict === "false_alarm"
          ? t("alert.verdict-false")
          : t("alert.verdict-withdrawn");
    case "alert.evidence":
      return t("alert.number-of-pictures", { n: item.pictures });
    default:
      return "";
  }
}
