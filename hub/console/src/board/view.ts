// What of the board is on the screen: filter, order, where the cursor stands; and when the order may move.
import { batch, computed, effect, signal, untracked } from "@preact/signals";
import { gridName, hubNow, ruleTitle } from "../api/city";
import { nameOf } from "../api/names";
import { me } from "../api/session";
import type { Alert, Severity } from "../api/types";
import { why } from "../alert/why";
import { words } from "../i18n";
import { gather, isFlood, type Line, rate, standsAlone } from "./flood";
import { counts, onChange, recentRaises, store, version } from "./live";
import { compare, EVERYTHING, type Filter, Held, isDealtWith, passes } from "./order";

const held = new Held();
/** Incidents that ended while they stood on the screen, as they ended. */
const ended = new Map<string, Alert>();

/** How the rows were laid out when their order was made: grouping, too, holds still until it is made anew. */
let laidOut: { gathered: boolean; alone: ReadonlySet<string> } = { gathered: false, alone: new Set() };

const turn = signal(0);
export const filter = signal<Filter>(EVERYTHING);
export const selected = signal<string | null>(null);
export const pointed = signal(false);
export const openGroups = signal<ReadonlySet<string>>(new Set());
export const flood = signal(false);
export const floodRate = signal(0);

/** While somebody works in the list, nothing in it moves. */
const pinned = computed(() => selected.value !== null || pointed.value);

function searched(alert: Alert): string {
  const link = store.value?.caseOf(alert.id);
  const parts = [
    ruleTitle(alert.rule),
    alert.rule,
    alert.subject,
    nameOf(alert.subject),
    gridName(alert.grid),
    alert.grid,
    alert.camera,
    alert.owner,
    why(alert),
    words(`ui.severity.${alert.severity}`),
    link?.number,
  ];
  return parts.filter(Boolean).join(" ").toLowerCase();
}

function present(): Alert[] {
  const now = hubNow();
  const found = [...(store.value?.incidents.values() ?? [])];
  return found.filter((alert) => passes(alert, filter.value, now, me(), searched));
}

/** Put the rows in their present order: what waited comes in, what ended goes. */
export function renew(): void {
  const now = hubNow();
  const ordered = present().sort((a, b) => compare(a, b, now));
  held.renew(ordered.map((alert) => alert.id));
  const alone = ordered.filter((alert) => standsAlone(alert, isDealtWith(alert, now)));
  laidOut = { gathered: flood.value, alone: new Set(alone.map((alert) => alert.id)) };
  ended.clear();
  if (selected.value !== null && !held.shown.includes(selected.value)) selected.value = null;
  turn.value += 1;
}

function follow(): void {
  held.follow(new Set(present().map((alert) => alert.id)));
  turn.value += 1;
}

/** The alert of a row: as it is, or as it ended while it stood there. */
export function rowAlert(id: string): Alert | null {
  version.value;
  turn.value;
  return store.value?.incidents.get(id) ?? ended.get(id) ?? null;
}

export function hasEnded(id: string): boolean {
  return !store.value?.incidents.has(id);
}

export const lines = computed<readonly Line[]>(() => {
  turn.value;
  const open = openGroups.value;
  if (!laidOut.gathered) return held.shown.map((id) => ({ kind: "alert", id }));
  const alerts = held.shown.map((id) => untracked(() => rowAlert(id))).filter((alert) => alert !== null);
  return gather(alerts, (alert) => laidOut.alone.has(alert.id), open);
});

/** What is new and waits to be let in, the worst first. */
export const waiting = computed<readonly Alert[]>(() => {
  turn.value;
  const now = untracked(hubNow);
  const found = [...held.waiting].map((id) => store.value?.incidents.get(id)).filter((alert) => alert !== undefined);
  return found.sort((a, b) => compare(a, b, now));
});

export interface Totals {
  waiting: Record<Severity, number>;
  dealtWith: number;
  shelved: number;
  all: number;
}

/** How many incidents there are, whatever the filter shows. */
export const totals = computed<Totals>(() => {
  version.value;
  const found: Totals = { waiting: { critical: 0, major: 0, minor: 0, warning: 0 }, dealtWith: 0, shelved: 0, all: 0 };
  const known = store.value;
  if (!known?.complete && counts.value) {
    const { waiting: left, dealt_with: done, shelved } = counts.value;
    for (const [severity, n] of Object.entries(left)) found.waiting[severity as Severity] = n;
    found.dealtWith = Object.values(done).reduce((sum, n) => sum + n, 0);
    found.shelved = shelved;
    found.all = Object.values(left).reduce((sum, n) => sum + n, found.dealtWith);
    return found;
  }
  const now = untracked(hubNow);
  for (const alert of known?.incidents.values() ?? []) {
    found.all += 1;
    if (isDealtWith(alert, now)) found.dealtWith += 1;
    else found.waiting[alert.severity] += 1;
    if (alert.shelved_until !== null && Date.parse(alert.shelved_until) > now) found.shelved += 1;
  }
  return found;
});

/** The alerts on the screen one can step through, in their order. */
export function stops(): string[] {
  return lines.value.flatMap((line) => (line.kind === "alert" ? [line.id] : [`group:${line.key}`]));
}

export function step(by: number): void {
  const all = stops();
  if (all.length === 0) return;
  const at = selected.value === null ? -1 : all.indexOf(selected.value);
  const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by));
  selected.value = all[next] ?? null;
}

export function toggleGroup(key: string): void {
  const open = new Set(openGroups.value);
  if (!open.delete(key)) open.add(key);
  openGroups.value = open;
}

/** Begin to show the board; call what is returned when it is no longer shown. */
export function showBoard(): () => void {
  const look = () => {
    const count = rate(recentRaises(), hubNow());
    batch(() => {
      floodRate.value = count;
      flood.value = isFlood(flood.value, count);
    });
  };
  const timer = setInterval(look, 2000);
  const ends = [
    onChange((change, alert) => {
      if (change.kind === "went") ended.set(change.id, alert);
    }),
    effect(() => {
      version.value;
      const still = pinned.value;
      untracked(() => {
        look();
        if (still) follow();
        else renew();
      });
    }),
    effect(() => {
      filter.value;
      store.value;
      untracked(renew);
    }),
    effect(() => {
      flood.value;
      if (!pinned.peek()) untracked(renew);
    }),
  ];
  return () => {
    clearInterval(timer);
    for (const end of ends) end();
    selected.value = null;
    pointed.value = false;
  };
}
