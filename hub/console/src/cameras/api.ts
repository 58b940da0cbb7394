// What the API tells of cameras and their zones.
import { get, post, put, remove } from "../api/http";
import type { Zone } from "./zones";

export interface Camera {
  id: string;
  name: string;
  grid: string;
  online: boolean | null;
  /** Why it is not online, in a word; empty where it is unknown. */
  outage: string;
  lost: boolean;
  moved: boolean;
  last_frame: string | null;
  last_frame_boxes: number;
  readings: Record<string, { value: number; at: string }>;
  zones: { id: string; kind: Zone["kind"]; name: string; polygon: [number, number][]; dwell_s: number | null }[];
  alerts: string[];
}

export interface Zones {
  camera: string;
  version: string;
  config_version: string;
  drawn: boolean;
  drawn_by: string | null;
  drawn_at: string | null;
  writable: boolean;
  why_not_writable: string | null;
  zones: Zone[];
}

export interface ZonesChange {
  at: string;
  by: string;
  zones: Zone[];
}

const path = (camera: string) => `cameras/${encodeURIComponent(camera)}`;

export async function readCameras(signal: AbortSignal): Promise<Camera[]> {
  return (await get<{ items: Camera[] }>("cameras", { signal })).items;
}

export function readZones(camera: string, signal?: AbortSignal): Promise<Zones> {
  return get<Zones>(`${path(camera)}/zones`, { signal });
}

export function saveZones(camera: string, zones: readonly Zone[], version: string): Promise<Zones> {
  return put<Zones>(`${path(camera)}/zones`, { zones }, { revision: version });
}

export function resetZones(camera: string, version: string): Promise<Zones> {
  return remove<Zones>(`${path(camera)}/zones`, { revision: version });
}

export function checkZones(camera: string, zones: readonly Zone[]): Promise<{ problems: string[]; patch: string }> {
  return post(`${path(camera)}/zones/check`, { zones });
}

export async function readHistory(camera: string, signal: AbortSignal): Promise<ZonesChange[]> {
  return (await get<{ items: ZonesChange[] }>(`${path(camera)}/zones/history`, { signal })).items;
}

/** Return a zone of the history with all that is left out there because it is as usual. */
export function wholeZone(zone: Partial<Zone> & Pick<Zone, "id" | "kind" | "polygon">): Zone {
  const whole = (windows: readonly Partial<Zone["active"][number]>[] = []) =>
    windows.map((window) => ({
      season: window.season ?? null,
      weekdays: window.weekdays ?? [1, 2, 3, 4, 5, 6, 7],
      hours: window.hours ?? "00:00-24:00",
      holidays: window.holidays ?? ("any" as const),
    }));
  return {
    id: zone.id,
    kind: zone.kind,
    polygon: zone.polygon,
    name: zone.name ?? "",
    dwell_s: zone.dwell_s ?? null,
    active: whole(zone.active),
    permits: whole(zone.permits),
    latitude: zone.latitude ?? null,
    longitude: zone.longitude ?? null,
  };
}
