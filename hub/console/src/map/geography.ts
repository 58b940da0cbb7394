// Where everything of the city lies: read once for each configuration, with ways to look things up.
import { signal } from "@preact/signals";
import { get } from "../api/http";
import { type ApiProblem, asProblem } from "../api/problem";
import type { Alert } from "../api/types";
import { type LngLat, toGcj02 } from "./gcj02";

export interface Point {
  type: "Point";
  coordinates: [number, number];
}

export interface Area {
  type: "Polygon" | "MultiPolygon";
  coordinates: number[][][] | number[][][][];
}

export interface Feature<Properties, Geometry = Point> {
  id: string;
  properties: Properties;
  geometry: Geometry | null;
}

export interface DeviceProperties {
  kind: string;
  name: string;
  grid: string;
  gateway: string | null;
  circuit: string | null;
}

interface GeographyDocument {
  version: string;
  bbox: [number, number, number, number] | null;
  grids: { features: Feature<{ name: string; district: string }, Area>[] };
  devices: { features: Feature<DeviceProperties>[] };
  cameras: { features: Feature<{ name: string; grid: string; zones: number }>[] };
}

export interface BaseFeature {
  type: "Feature";
  properties: { kind?: string; name?: string; name_en?: string } | null;
  geometry: { type: string; coordinates: unknown } | null;
}

interface MapDocument {
  center: [number, number];
  base_map: string | null;
  tiles: { url: string; subdomains: string[]; attribution: string; datum: "wgs84" | "gcj02" } | null;
}

export interface Placed {
  id: string;
  kind: string;
  name: string;
  grid: string;
  circuit: string | null;
  at: LngLat;
}

/** The city as the map needs it; every position as it is painted. */
export class Geography {
  readonly devices: readonly Placed[];
  readonly cameras: readonly Placed[];
  readonly unplaced: number;
  readonly #places = new Map<string, Placed>();
  readonly #circuits = new Map<string, { sum: [number, number]; count: number }>();
  readonly #grids = new Map<string, LngLat>();

  constructor(
    readonly document: GeographyDocument,
    readonly view: MapDocument,
    readonly base: readonly BaseFeature[],
  ) {
    const painted = this.painted;
    const placed = (list: readonly Feature<{ name: string; grid: string }>[], kind: (at: number) => string) =>
      list.flatMap((feature, index): Placed[] =>
        feature.geometry
          ? [
              {
                id: feature.id,
                kind: kind(index),
                name: feature.properties.name,
                grid: feature.properties.grid,
                circuit: (feature.properties as Partial<DeviceProperties>).circuit ?? null,
                at: painted(feature.geometry.coordinates),
              },
            ]
          : [],
      );
    const devices = document.devices.features;
    this.devices = placed(devices, (index) => devices[index]?.properties.kind ?? "");
    this.cameras = placed(document.cameras.features, () => "camera");
    this.unplaced = devices.length + document.cameras.features.length - this.devices.length - this.cameras.length;
    for (const one of [...this.devices, ...this.cameras]) {
      this.#places.set(one.id, one);
      if (!one.circuit) continue;
      const found = this.#circuits.get(one.circuit) ?? { sum: [0, 0], count: 0 };
      found.sum[0] += one.at[0];
      found.sum[1] += one.at[1];
      found.count += 1;
      this.#circuits.set(one.circuit, found);
    }
    for (const grid of document.grids.features) {
      const ring = outer(grid.geometry);
      if (ring.length) this.#grids.set(grid.id, painted(middle(ring)));
    }
  }

  /** Return where a WGS-84 position is painted: tiles in GCJ-02 want everything shifted as they are. */
  painted = (at: readonly number[]): LngLat => {
    const spot: LngLat = [at[0] ?? 0, at[1] ?? 0];
    return this.view.tiles?.datum === "gcj02" ? toGcj02(spot) : spot;
  };

  find(id: string): Placed | undefined {
    return this.#places.get(id);
  }

  lamps(circuit: string): Placed[] {
    return this.devices.filter((device) => device.circuit === circuit);
  }

  circuitAt(circuit: string): LngLat | null {
    const found = this.#circuits.get(circuit);
    return found ? [found.sum[0] / found.count, found.sum[1] / found.count] : null;
  }

  gridAt(grid: string): LngLat | null {
    return this.#grids.get(grid) ?? null;
  }

  /** Return where an alert is painted: at its device, camera or circuit, else in the middle of its grid. */
  placeOf(alert: Pick<Alert, "subject" | "camera" | "grid">): { at: LngLat; exact: boolean } | null {
    const thing = this.find(alert.subject) ?? (alert.camera ? this.find(alert.camera) : undefined);
    if (thing) return { at: thing.at, exact: true };
    const circuit = this.circuitAt(alert.subject);
    if (circuit) return { at: circuit, exact: true };
    const grid = this.gridAt(alert.grid);
    return grid ? { at: grid, exact: false } : null;
  }

  /** Return what people call the place of an alert: its device's or its camera's name. */
  nameOf(alert: Pick<Alert, "subject" | "camera">): string {
    const thing = this.find(alert.subject) ?? (alert.camera ? this.find(alert.camera) : undefined);
    return thing?.name || alert.subject;
  }

  /** West, south, east, north of the city as it is painted. */
  get bounds(): [LngLat, LngLat] | null {
    const box = this.document.bbox;
    return box ? [this.painted([box[0], box[1]]), this.painted([box[2], box[3]])] : null;
  }
}

/** Return the corners of the largest outer ring. */
export function outer(area: Area | null): number[][] {
  if (!area) return [];
  const polygons = (area.type === "Polygon" ? [area.coordinates] : area.coordinates) as number[][][][];
  return polygons.map((polygon) => polygon[0] ?? []).reduce((a, b) => (b.length > a.length ? b : a), []);
}

/** Return the middle of a ring, by its ground and not by its corners. */
export function middle(ring: readonly (readonly number[])[]): [number, number] {
  let doubled = 0;
  let x = 0;
  let y = 0;
  const [x0, y0] = [ring[0]?.[0] ?? 0, ring[0]?.[1] ?? 0];
  for (let index = 0; index < ring.length; index += 1) {
    const [x1, y1] = [(ring[index]?.[0] ?? 0) - x0, (ring[index]?.[1] ?? 0) - y0];
    const next = ring[(index + 1) % ring.length];
    const [x2, y2] = [(next?.[0] ?? 0) - x0, (next?.[1] ?? 0) - y0];
    const cross = x1 * y2 - x2 * y1;
    doubled += cross;
    x += (x1 + x2) * cross;
    y += (y1 + y2) * cross;
  }
  return doubled === 0 ? [x0, y0] : [x0 + x / (3 * doubled), y0 + y / (3 * doubled)];
}

export const geography = signal<Geography | null>(null);
export const geographyProblem = signal<ApiProblem | null>(null);
let reading: Promise<void> | null = null;

/** Read the geography unless it is there; `anew` where the configuration has changed. */
export function loadGeography(anew = false): Promise<void> {
  if (!reading || anew)
    reading = read().catch((error: unknown) => {
      geographyProblem.value = asProblem(error);
      reading = null;
    });
  return reading;
}

async function read(): Promise<void> {
  const [document, view] = await Promise.all([get<GeographyDocument>("geography"), get<MapDocument>("map")]);
  let base: BaseFeature[] = [];
  if (view.base_map && !view.tiles) {
    // Without its base map the city is still all there, on plain ground.
    base = await get<{ features: BaseFeature[] }>(view.base_map).then(
      (found) => found.features,
      () => [],
    );
  }
  geography.value = new Geography(document, view, base);
  geographyProblem.value = null;
}
