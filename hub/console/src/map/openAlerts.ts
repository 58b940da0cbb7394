// Every active alert, kept equal to the database by the feed while somebody needs it.
import { signal } from "@preact/signals";
import { feed, keepEqual } from "../api/feed";
import { get } from "../api/http";
import type { ApiProblem } from "../api/problem";
import { type Alert, type Page, SEVERITIES } from "../api/types";

export const openAlerts = signal<ReadonlyMap<string, Alert> | null>(null);
export const openProblem = signal<ApiProblem | null>(null);

let users = 0;
let keeping: { end: () => void } | null = null;

/** Need the open alerts from now on; call what is returned to need them no more. */
export function needOpenAlerts(): () => void {
  users += 1;
  keeping ??= keepEqual<{ seq: number; alerts: Alert[] }>(feed, {
    // What happens while the pages are read is applied again afterwards, and is recognised by its revision.
    read: async (signal) => {
      const seq = feed.seq ?? 0;
      const alerts: Alert[] = [];
      let cursor: string | null = null;
      do {
        const page: Page<Alert> = await get<Page<Alert>>("alerts", {
          query: { condition: "active", limit: 500, cursor },
          signal,
        });
        alerts.push(...page.items);
        cursor = page.next;
      } while (cursor);
      return { seq, alerts };
    },
    reset: ({ alerts }) => {
      openProblem.value = null;
      openAlerts.value = new Map(alerts.map((alert) => [alert.id, alert]));
    },
    apply: ({ alert }) => {
      if (alert) note(alert);
    },
    failed: (problem) => {
      openProblem.value = problem;
    },
  });
  return () => {
    users -= 1;
    if (users > 0) return;
    keeping?.end();
    keeping = null;
    openAlerts.value = null;
  };
}

// A flood changes many alerts in one turn of the browser: they become one change of what is shown.
const waiting = new Map<string, Alert>();

function note(alert: Alert): void {
  if (waiting.size === 0) queueMicrotask(settle);
  waiting.set(alert.id, alert);
}

function settle(): void {
  const next = new Map(openAlerts.value ?? []);
  for (const [id, alert] of waiting) {
    const known = next.get(id);
    if (known && known.revision > alert.revision) continue;
    if (alert.condition === "active") next.set(id, alert);
    else next.delete(id);
  }
  waiting.clear();
  openAlerts.value = next;
}

/** Return the incidents among alerts, the worst and newest first: symptoms of others are counted with their cause. */
export function incidents(alerts: Iterable<Alert>): { alert: Alert; symptoms: number }[] {
  const found: Alert[] = [];
  const symptoms = new Map<string, number>();
  for (const alert of alerts) {
    if (alert.inhibited_by) symptoms.set(alert.inhibited_by, (symptoms.get(alert.inhibited_by) ?? 0) + 1);
    else found.push(alert);
  }
  return found
    .sort(
      (a, b) =>
        SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || b.raised_at.localeCompare(a.raised_at),
    )
    .map((alert) => ({ alert, symptoms: symptoms.get(alert.id) ?? 0 }));
}
