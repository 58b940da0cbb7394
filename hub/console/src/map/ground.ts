// What lies beneath: the base map of one's own or tiles, the grids, and their names, as Leaflet layers.
import {
  canvas,
  DomUtil,
  type GeoJSON,
  geoJSON,
  type LatLng,
  Layer,
  type Map as LeafletMap,
  latLng,
  type PathOptions,
  type Renderer,
  tileLayer,
} from "leaflet";
import { language } from "../i18n";
import { colour } from "../ui/theme";
import { type Box, shiftOf } from "./cells";
import type { BaseFeature, Geography } from "./geography";
import { middle, outer } from "./geography";

const NAMES_FROM_ZOOM = 14;
const STREET_NAMES_FROM_ZOOM = 15;

type Painter = Record<string, PathOptions>;

function painter(): Painter {
  const filled = (name: string): PathOptions => ({
    stroke: false,
    fill: true,
    fillColor: colour(name),
    fillOpacity: 1,
  });
  const drawn = (name: string, weight: number, more: PathOptions = {}): PathOptions => ({
    fill: false,
    color: colour(name),
    weight,
    opacity: 1,
    lineCap: "round",
    lineJoin: "round",
    ...more,
  });
  return {
    land: filled("map-land"),
    block: filled("map-block"),
    water: filled("map-water"),
    park: filled("map-park"),
    ground: filled("map-park"),
    station: filled("map-station"),
    lane: drawn("map-lane", 1),
    street: drawn("map-road", 3),
    road: drawn("map-road", 5),
    bridge: drawn("map-road", 5),
    tunnel: drawn("map-road", 4, { dashArray: "4 5", lineCap: "butt" }),
    rail: drawn("map-rail", 2.5, { dashArray: "9 6", lineCap: "butt" }),
  };
}

/** Lay the base map or the tiles down; return how to take them away. */
export function layGround(map: LeafletMap, city: Geography): () => void {
  const { tiles } = city.view;
  let ground: Layer;
  if (tiles) {
    ground = tileLayer(tiles.url, {
      subdomains: tiles.subdomains,
      attribution: escaped(tiles.attribution),
      maxZoom: 20,
      maxNativeZoom: 18,
      crossOrigin: false,
    });
  } else {
    const styles = painter();
    ground = geoJSON(
      city.base as unknown as Parameters<typeof geoJSON>[0],
      {
        interactive: false,
        style: (feature) => styles[kindOf(feature?.properties)] ?? styles["lane"] ?? {},
        renderer: canvas({ padding: 0.4, pane: "tilePane" }) as Renderer,
        pane: "tilePane",
      } as Parameters<typeof geoJSON>[1],
    );
  }
  ground.addTo(map);
  return () => void ground.remove();
}

/** Lay the grids' boundaries down. */
export function layGrids(map: LeafletMap, city: Geography): () => void {
  const layer: GeoJSON = geoJSON(undefined, {
    interactive: false,
    coordsToLatLng: (at) => {
      const [lng, lat] = city.painted(at);
      return latLng(lat, lng);
    },
    style: { color: colour("map-grid"), weight: 1.5, dashArray: "5 5", fill: false, opacity: 0.9 },
    renderer: canvas({ padding: 0.4, pane: "overlayPane" }) as Renderer,
  } as Parameters<typeof geoJSON>[1]);
  for (const grid of city.document.grids.features) {
    if (grid.geometry) layer.addData({ type: "Feature", ...grid } as unknown as Parameters<GeoJSON["addData"]>[0]);
  }
  layer.addTo(map);
  return () => void layer.remove();
}

function kindOf(properties: unknown): string {
  return String((properties as BaseFeature["properties"])?.kind ?? "");
}

interface Name {
  text: string;
  at: LatLng;
  kind: "grid" | "place" | "street";
  /** The way a street runs, for its name. */
  along: LatLng | null;
}

/** The names of grids, places and streets on one canvas, the more of them the nearer one looks. */
export class NameLayer extends Layer {
  #canvas: HTMLCanvasElement | null = null;
  #map: LeafletMap | null = null;
  #frame = 0;
  readonly #names: Name[];
  readonly #spots: () => readonly Box[];

  /** `spots` tells what is painted that a grid's name should not lie on. */
  constructor(city: Geography, { grids, spots }: { grids: boolean; spots: () => readonly Box[] }) {
    super();
    this.#spots = spots;
    this.#names = [
      ...(grids ? gridNames(city) : []),
      ...(city.view.tiles ? [] : city.base.flatMap((feature) => baseName(feature))),
    ];
  }

  override onAdd(map: LeafletMap): this {
    this.#map = map;
    this.#canvas = DomUtil.create("canvas", "map-names");
    map.getPane("overlayPane")?.append(this.#canvas);
    map.on("moveend zoomend resize viewreset spotsmoved", this.#again, this);
    this.#again();
    return this;
  }

  override onRemove(map: LeafletMap): this {
    map.off("moveend zoomend resize viewreset spotsmoved", this.#again, this);
    cancelAnimationFrame(this.#frame);
    this.#canvas?.remove();
    this.#canvas = null;
    return this;
  }

  #again(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#paint());
  }

  #paint(): void {
    const map = this.#map;
    const canvas = this.#canvas;
    const pen = canvas?.getContext("2d");
    if (!map || !canvas || !pen) return;
    const size = map.getSize();
    const scale = globalThis.devicePixelRatio || 1;
    DomUtil.setPosition(canvas, map.containerPointToLayerPoint([0, 0]));
    canvas.width = size.x * scale;
    canvas.height = size.y * scale;
    canvas.style.width = `${size.x}px`;
    canvas.style.height = `${size.y}px`;
    pen.scale(scale, scale);
    const font = getComputedStyle(document.body).fontFamily;
    const zoom = map.getZoom();
    const tones = { halo: colour("map-halo"), grid: colour("map-grid-name"), other: colour("map-name") };
    const taken: Box[] = [];
    const spots = this.#spots();
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    for (const name of this.#names) {
      if (name.kind === "place" && zoom < NAMES_FROM_ZOOM) continue;
      if (name.kind === "street" && zoom < STREET_NAMES_FROM_ZOOM) continue;
      const { x, y: own } = map.latLngToContainerPoint(name.at);
      let y = own;
      if (x < -60 || y < -20 || x > size.x + 60 || y > size.y + 20) continue;
      pen.font = `${name.kind === "grid" ? "600 13px" : "400 11.5px"} ${font}`;
      const wide = pen.measureText(name.text).width / 2 + 4;
      const shift = shiftOf([x - wide, y - 9, x + wide, y + 9], taken, name.kind === "grid" ? spots : []);
      if (shift === null || (shift !== 0 && name.kind !== "grid")) continue;
      y += shift;
      taken.push([x - wide, y - 9, x + wide, y + 9]);
      pen.save();
      pen.translate(x, y);
      if (name.along) {
        const to = map.latLngToContainerPoint(name.along);
        const angle = Math.atan2(to.y - y, to.x - x);
        pen.rotate(Math.abs(angle) > Math.PI / 2 ? angle + Math.PI : angle);
      }
      pen.lineWidth = 3.5;
      pen.strokeStyle = tones.halo;
      pen.strokeText(name.text, 0, 0);
      pen.fillStyle = name.kind === "grid" ? tones.grid : tones.other;
      pen.fillText(name.text, 0, 0);
      pen.restore();
    }
  }
}

function gridNames(city: Geography): Name[] {
  return city.document.grids.features.flatMap((grid): Name[] => {
    const at = city.gridAt(grid.id);
    if (!at) return [];
    return [{ text: grid.properties.name || grid.id, at: latLng(at[1], at[0]), kind: "grid", along: null }];
  });
}

function baseName({ properties, geometry }: BaseFeature): Name[] {
  const text = (language.value === "en" ? properties?.name_en : null) ?? properties?.name;
  if (!text || !geometry) return [];
  if (geometry.type === "LineString") {
    const line = geometry.coordinates as number[][];
    const half = Math.max(1, Math.floor(line.length / 2));
    const [from, to] = [line[half - 1], line[half]];
    if (!from || !to) return [];
    return [{ text, at: spot(from), kind: "street", along: spot(to) }];
  }
  const ring = outer(geometry as Parameters<typeof outer>[0]);
  return ring.length ? [{ text, at: spot(middle(ring)), kind: "place", along: null }] : [];
}

function spot(at: readonly number[]): LatLng {
  return latLng(at[1] ?? 0, at[0] ?? 0);
}

/** Attributions come from a setting and are words, not markup. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`);
}
