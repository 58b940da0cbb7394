// What the hub has of a question besides its judging: the alerts of the record, and the labels.
import { get } from "../api/http";
import type { Alert, Page } from "../api/types";
import type { Work } from "../tuning/address";
import type { Label } from "../tuning/documents";

const MOST_PAGES = 4;

/** The alerts of the record that stood within the span at what is looked at. */
export async function recordedWithin(work: Work, signal: AbortSignal): Promise<Alert[]> {
  const found: Alert[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const query: Record<string, string | number | string[] | null> = {
      rule: work.rule,
      since: new Date(work.since - 86_400_000).toISOString(),
      until: new Date(work.until).toISOString(),
      limit: 500,
      cursor,
    };
    const one: Page<Alert> = await get<Page<Alert>>("alerts", { query, signal });
    found.push(...one.items);
    cursor = one.next;
    if (!cursor) break;
  }
  return found.filter(
    (alert) =>
      (alert.cleared_at === null || Date.parse(alert.cleared_at) >= work.since) &&
      (work.subjects.length === 0 ||
        work.subjects.some(
          (subject) => alert.subject === subject || alert.subject.startsWith(`${subject}@`) || alert.camera === subject,
        )),
  );
}

export async function labelsOf(work: Work, signal: AbortSignal): Promise<Label[]> {
  const query = {
    rule: work.rule,
    subject: work.subjects,
    since: new Date(work.since).toISOString(),
    until: new Date(work.until).toISOString(),
    limit: 500,
  };
  return (await get<{ items: Label[] }>("tuning/labels", { query, signal })).items;
}
