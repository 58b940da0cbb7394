// Zones and how they are edited: a state and an action in, the next state out; what is wrong with a polygon. Pure.

export type Corner = readonly [number, number];
export const ZONE_KINDS = ["no_parking", "no_stall", "permitted_stall", "ignored"] as const;
export type ZoneKind = (typeof ZONE_KINDS)[number];

export interface Window {
  season: string | null;
  weekdays: number[];
  hours: string;
  holidays: "only" | "never" | "any";
}

export interface Zone {
  id: string;
  kind: ZoneKind;
  polygon: readonly Corner[];
  name: string;
  dwell_s: number | null;
  active: readonly Window[];
  permits: readonly Window[];
  /** Where the zone's middle lies on the ground, WGS-84: two cameras that see one place are known by it. */
  latitude: number | null;
  longitude: number | null;
}

export const ALWAYS: Window = { season: null, weekdays: [1, 2, 3, 4, 5, 6, 7], hours: "00:00-24:00", holidays: "any" };

/** What is being edited: the zones, which of them and which of its corners is chosen. */
export interface Draft {
  zones: readonly Zone[];
  zone: number | null;
  corner: number | null;
}

/** A draft with what it was before, so that every step can be undone. */
export interface Editing {
  now: Draft;
  before: readonly Draft[];
  after: readonly Draft[];
  /** Steps of the same gesture are one: a corner that is dragged is undone as a whole. */
  gesture: string | null;
}

const MOST_STEPS = 200;
export const LEAST_AREA = 0.0004;

export function begin(zones: readonly Zone[]): Editing {
  return { now: { zones, zone: zones.length ? 0 : null, corner: null }, before: [], after: [], gesture: null };
}

/** Take a step. Steps in a row with the same `gesture` count as one for undoing. */
export function step(editing: Editing, next: Draft, gesture: string | null = null): Editing {
  const same = next.zones === editing.now.zones;
  if (same) return { ...editing, now: next, gesture: null };
  const joined = gesture !== null && gesture === editing.gesture;
  const before = joined ? editing.before : [...editing.before, editing.now].slice(-MOST_STEPS);
  return { now: next, before, after: [], gesture };
}

export function undo(editing: Editing): Editing {
  const last = editing.before.at(-1);
  if (!last) return editing;
  return { now: last, before: editing.before.slice(0, -1), after: [editing.now, ...editing.after], gesture: null };
}

export function redo(editing: Editing): Editing {
  const [first, ...rest] = editing.after;
  if (!first) return editing;
  return { now: first, before: [...editing.before, editing.now], after: rest, gesture: null };
}

export function clamp(value: number): number {
  return Math.round(Math.min(1, Math.max(0, value)) * 1e4) / 1e4;
}

function withZone(draft: Draft, index: number, change: (zone: Zone) => Zone): Draft {
  return { ...draft, zones: draft.zones.map((zone, at) => (at === index ? change(zone) : zone)) };
}

/** Change what is said of a zone. */
export function describe(draft: Draft, index: number, change: Partial<Zone>): Draft {
  return withZone(draft, index, (zone) => ({ ...zone, ...change }));
}

export function moveCorner(draft: Draft, index: number, corner: number, to: Corner): Draft {
  return {
    ...withZone(draft, index, (zone) => ({
      ...zone,
      polygon: zone.polygon.map((at, n) => (n === corner ? ([clamp(to[0]), clamp(to[1])] as const) : at)),
    })),
    zone: index,
    corner,
  };
}

/** Move a whole zone, as far as the picture's edge lets it. */
export function moveZone(draft: Draft, index: number, by: Corner): Draft {
  const zone = draft.zones[index];
  if (!zone) return draft;
  const xs = zone.polygon.map(([x]) => x);
  const ys = zone.polygon.map(([, y]) => y);
  const dx = Math.min(1 - Math.max(...xs), Math.max(-Math.min(...xs), by[0]));
  const dy = Math.min(1 - Math.max(...ys), Math.max(-Math.min(...ys), by[1]));
  return withZone(draft, index, (one) => ({
    ...one,
    polygon: one.polygon.map(([x, y]) => [clamp(x + dx), clamp(y + dy)] as const),
  }));
}

/** Put a corner in behind another: at a spot, or half-way to the next. */
export function addCorner(draft: Draft, index: number, behind: number, at?: Corner): Draft {
  const polygon = draft.zones[index]?.polygon;
  const from = polygon?.[behind];
  const to = polygon?.[(behind + 1) % polygon.length];
  if (!polygon || !from || !to || polygon.length >= 100) return draft;
  const spot: Corner = at ? [clamp(at[0]), clamp(at[1])] : [clamp((from[0] + to[0]) / 2), clamp((from[1] + to[1]) / 2)];
  return {
    ...withZone(draft, index, (zone) => ({
      ...zone,
      polygon: [...zone.polygon.slice(0, behind + 1), spot, ...zone.polygon.slice(behind + 1)],
    })),
    zone: index,
    corner: behind + 1,
  };
}

/** Take a corner out; of a triangle none can go. */
export function dropCorner(draft: Draft, index: number, corner: number): Draft {
  const zone = draft.zones[index];
  if (!zone || zone.polygon.length <= 3) return draft;
  return {
    ...withZone(draft, index, (one) => ({ ...one, polygon: one.polygon.filter((_, at) => at !== corner) })),
    zone: index,
    corner: Math.min(corner, zone.polygon.length - 2),
  };
}

/** Draw a new zone: a square in the middle of the picture, or around a spot. */
export function addZone(draft: Draft, camera: string, taken: Iterable<string>, kind: ZoneKind = "no_parking"): Draft {
  const used = new Set([...taken, ...draft.zones.map((zone) => zone.id)]);
  let number = 1;
  while (used.has(`${camera}-z${number}`)) number += 1;
  const zone: Zone = {
    id: `${camera}-z${number}`.slice(0, 64),
    kind,
    name: "",
    dwell_s: null,
    active: [],
    permits: kind === "permitted_stall" ? [ALWAYS] : [],
    latitude: null,
    longitude: null,
    polygon: [
      [0.35, 0.45],
      [0.65, 0.45],
      [0.65, 0.75],
      [0.35, 0.75],
    ],
  };
  return { zones: [...draft.zones, zone], zone: draft.zones.length, corner: null };
}

export function dropZone(draft: Draft, index: number): Draft {
  const zones = draft.zones.filter((_, at) => at !== index);
  return { zones, zone: zones.length ? Math.min(index, zones.length - 1) : null, corner: null };
}

export type Slip =
  "crossed" | "small" | "same-corners" | "bad-id" | "id-twice" | "bad-hours" | "bad-dwell" | "bad-season" | "bad-place";

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const HOURS = /^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$/;
const SEASON = /^\d{2}-\d{2}\/\d{2}-\d{2}$/;

/** Return what is wrong with a zone among its fellows; the server has the last word. */
export function slips(zones: readonly Zone[], index: number): Slip[] {
  const zone = zones[index];
  if (!zone) return [];
  const found: Slip[] = [];
  if (!ID.test(zone.id)) found.push("bad-id");
  if (zones.some((other, at) => at !== index && other.id === zone.id)) found.push("id-twice");
  if (zone.dwell_s !== null && !(zone.dwell_s > 0 && zone.dwell_s <= 86_400)) found.push("bad-dwell");
  const windows = [...zone.active, ...zone.permits];
  if (windows.some((window) => !HOURS.test(window.hours) || window.weekdays.length === 0)) found.push("bad-hours");
  if (windows.some((window) => window.season !== null && !isSeason(window.season))) found.push("bad-season");
  const { latitude, longitude } = zone;
  if ((latitude === null) !== (longitude === null) || Math.abs(latitude ?? 0) > 90 || Math.abs(longitude ?? 0) > 180)
    found.push("bad-place");
  const polygon = polygonSlip(zone.polygon);
  return polygon ? [...found, polygon] : found;
}

function isSeason(text: string): boolean {
  if (!SEASON.test(text)) return false;
  return text.split("/").every((part) => {
    const [month = 0, day = 0] = part.split("-").map(Number);
    const date = new Date(Date.UTC(2024, month - 1, day)); // a leap year, so that 29 February may be named
    return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  });
}

export function polygonSlip(polygon: readonly Corner[]): Slip | null {
  const count = polygon.length;
  const edge = (n: number): [Corner, Corner] => [polygon[n] ?? [0, 0], polygon[(n + 1) % count] ?? [0, 0]];
  for (let n = 0; n < count; n += 1) {
    const [a, b] = edge(n);
    if (a[0] === b[0] && a[1] === b[1]) return "same-corners";
  }
  for (let i = 0; i < count; i += 1)
    for (let j = i + 2; j < count; j += 1) {
      if (i === 0 && j === count - 1) continue;
      if (cross(...edge(i), ...edge(j))) return "crossed";
    }
  return area(polygon) < LEAST_AREA ? "small" : null;
}

export function area(polygon: readonly Corner[]): number {
  let doubled = 0;
  for (const [index, [x1, y1]] of polygon.entries()) {
    const [x2, y2] = polygon[(index + 1) % polygon.length] ?? [0, 0];
    doubled += x1 * y2 - x2 * y1;
  }
  return Math.abs(doubled) / 2;
}

function side(a: Corner, b: Corner, c: Corner): number {
  const value = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
  return Math.abs(value) < 1e-12 ? 0 : value;
}

function on(a: Corner, b: Corner, point: Corner): boolean {
  return (
    Math.min(a[0], b[0]) <= point[0] &&
    point[0] <= Math.max(a[0], b[0]) &&
    Math.min(a[1], b[1]) <= point[1] &&
    point[1] <= Math.max(a[1], b[1])
  );
}

function cross(a: Corner, b: Corner, c: Corner, d: Corner): boolean {
  const [c1, d1, a1, b1] = [side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)];
  if (c1 * d1 < 0 && a1 * b1 < 0) return true;
  return (
    (c1 === 0 && on(a, b, c)) || (d1 === 0 && on(a, b, d)) || (a1 === 0 && on(c, d, a)) || (b1 === 0 && on(c, d, b))
  );
}
