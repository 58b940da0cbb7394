// What happened at the alert's place before: the same rule there, across days and the cameras that see it.
import { get } from "../api/http";
import type { Alert, Case } from "../api/types";
import { t, words } from "../i18n";
import { href } from "../router";
import { useResource } from "../ui/resource";
import { Loading, problemText } from "../ui/states";
import { SeverityShape } from "../ui/Severity";
import { Time } from "../ui/Time";
import { span } from "../ui/time";

interface PlaceHistory {
  days: number;
  first_at: string | null;
  alerts: Pick<Alert, "id" | "subject" | "severity" | "condition" | "since" | "raised_at" | "cleared_at">[];
  cases: Case[];
}

const SHOWN = 12;

export function History({ alert }: { alert: Alert }) {
  const read = useResource(
    (signal) => get<PlaceHistory>("places/history", { query: { alert: alert.id }, signal }),
    [alert.id],
  );
  const others = (read.value?.alerts ?? []).filter((one) => one.id !== alert.id);
  return (
    <section class="panel" aria-label={t("alert.history")}>
      <header>
        <h2>{t("alert.history")}</h2>
        {others.length > 0 && (
          <span class="tag">{t("alert.history-count", { n: others.length, days: read.value?.days ?? 0 })}</span>
        )}
      </header>
      <div class="panel-content">
        {!read.value && read.loading && <Loading rows={2} />}
        {!read.value && read.problem && <p class="field-error">{problemText(read.problem)}</p>}
        {read.value && others.length === 0 && read.value.cases.length === 0 && (
          <p class="dim">{t("alert.history-none")}</p>
        )}
        {(read.value?.cases.length ?? 0) > 0 && (
          <ul class="history">
            {read.value?.cases.slice(0, SHOWN).map((one) => (
              <li key={one.id}>
                <a href={href(`/cases/${one.id}`)}>{one.number}</a>
                <span class="ellipsis">{one.title}</span>
                <span class="tag">{words(`cases.stage.${one.stage}`, one.stage)}</span>
              </li>
            ))}
          </ul>
        )}
        <ul class="history">
          {others.slice(0, SHOWN).map((one) => (
            <li key={one.id}>
              <span class={one.severity}>
                <SeverityShape severity={one.severity} size={11} hollow={one.condition === "cleared"} />
              </span>
              <a href={href(`/alerts/${one.id}`)}>
                <Time at={one.raised_at} as="full" />
              </a>
              <span class="dim">
                {one.cleared_at
                  ? t("alert.history-lasted", { span: span(Date.parse(one.cleared_at) - Date.parse(one.since)) })
                  : t("alert.active")}
              </span>
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}
