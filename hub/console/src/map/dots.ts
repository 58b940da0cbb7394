// A Leaflet layer that paints spots on one canvas: devices as dots or clusters, cameras, incidents by severity.
//
// Ten thousand spots are ten thousand small circles on a canvas, not ten thousand elements; what is under the pointer
// is found among what was painted.
import { DomUtil, type LatLng, Layer, type Map as LeafletMap, type LeafletMouseEvent, latLng, Point } from "leaflet";
import { SEVERITIES, type Severity } from "../api/types";
import { colour } from "../ui/theme";
import { type Box, type Cell, cells, nearest } from "./cells";
import type { LngLat } from "./gcj02";

export interface Dot {
  id: string;
  at: LngLat;
  title: string;
  /** What it is; incidents are painted above cameras, and those above devices. */
  layer: "device" | "camera" | "incident";
  /** A colour of the theme; an incident's is its severity's. */
  tone: string;
  severity?: Severity;
  hollow?: boolean;
  radius?: number;
}

const CLUSTER_FROM = 500; // more devices than this in view are put together where they would cover one another
const CLUSTER_PX = 84;
const INCIDENTS_FROM = 150; // with more incidents than this in view, those near one another are put together too
const TOUCH_PX = 14;
const PAUSE_MS = 250; // what changes all the time is painted anew no oftener than this
const MARGIN = 0.1; // of the view, painted around it so that a map that is dragged shows no edge

type Painted = { cell: Cell<Dot>; layer: Dot["layer"] };

export class DotLayer extends Layer {
  #dots: readonly Dot[] = [];
  #chosen: string | null = null;
  #canvas: HTMLCanvasElement | null = null;
  #painted: Painted[] = [];
  #frame = 0;
  #paintedAt = Number.NEGATIVE_INFINITY;
  #lie = "";
  #later: ReturnType<typeof setTimeout> | undefined;
  #map: LeafletMap | null = null;

  set(dots: readonly Dot[], chosen: string | null): void {
    this.#dots = dots;
    this.#chosen = chosen;
    const pause = this.#paintedAt + PAUSE_MS - performance.now();
    if (pause <= 0) this.repaint();
    else if (!this.#later)
      this.#later = setTimeout(() => {
        this.#later = undefined;
        this.repaint();
      }, pause);
  }

  override onAdd(map: LeafletMap): this {
    this.#map = map;
    this.#canvas = DomUtil.create("canvas", "map-dots");
    map.getPane("overlayPane")?.append(this.#canvas);
    map.on("moveend zoomend resize viewreset", this.repaint, this);
    this.repaint();
    return this;
  }

  override onRemove(map: LeafletMap): this {
    map.off("moveend zoomend resize viewreset", this.repaint, this);
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#later);
    this.#canvas?.remove();
    this.#canvas = null;
    this.#map = null;
    return this;
  }

  /** Paint anew with the browser's next frame, once, however much has changed until then. */
  repaint(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#paint());
  }

  /** Return what lies under a point of the map: the topmost cell with all that is in it. */
  under(event: LeafletMouseEvent): Dot[] {
    const map = this.#map;
    if (!map) return [];
    const point = map.latLngToLayerPoint(event.latlng);
    for (const layer of ["incident", "camera", "device"] as const) {
      const list = this.#painted.filter((one) => one.layer === layer).map((one) => one.cell);
      const found = nearest(list, point.x, point.y, TOUCH_PX);
      if (found) return found.things;
    }
    return [];
  }

  /** Return where clusters, cameras and incidents were painted, on the screen. */
  get spots(): Box[] {
    const map = this.#map;
    if (!map) return [];
    return this.#painted.flatMap(({ cell, layer }): Box[] => {
      if (layer === "device" && cell.things.length < 2) return [];
      const reach = layer === "incident" ? 12 : cell.things.length > 1 ? clusterRadius(cell.things.length) : 8;
      const { x, y } = map.layerPointToContainerPoint([cell.x, cell.y]);
      return [[x - reach, y - reach, x + reach, y + reach]];
    });
  }

  #paint(): void {
    const map = this.#map;
    const canvas = this.#canvas;
    if (!map || !canvas) return;
    this.#paintedAt = performance.now();
    const size = map.getSize();
    const pad = size.multiplyBy(MARGIN).round();
    const corner = map.containerPointToLayerPoint([-pad.x, -pad.y]);
    const [width, height] = [size.x + 2 * pad.x, size.y + 2 * pad.y];
    const scale = globalThis.devicePixelRatio || 1;
    DomUtil.setPosition(canvas, corner);
    canvas.width = width * scale;
    canvas.height = height * scale;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    const pen = canvas.getContext("2d");
    if (!pen) return;
    pen.scale(scale, scale);
    pen.translate(-corner.x, -corner.y);

    const within: Record<Dot["layer"], { x: number; y: number; thing: Dot }[]> = {
      device: [],
      camera: [],
      incident: [],
    };
    for (const dot of this.#dots) {
      const { x, y } = map.latLngToLayerPoint(place(dot.at));
      if (x < corner.x || y < corner.y || x > corner.x + width || y > corner.y + height) continue;
      within[dot.layer].push({ x, y, thing: dot });
    }
    const origin = map.latLngToLayerPoint(map.unproject(new Point(0, 0)));
    const crowded = within.device.length > CLUSTER_FROM;
    this.#painted = [
      ...cells(within.device, crowded ? CLUSTER_PX : 0, origin.x, origin.y).map((cell) => ({
        cell,
        layer: "device" as const,
      })),
      ...cells(within.camera, crowded ? CLUSTER_PX : 0, origin.x, origin.y).map((cell) => ({
        cell,
        layer: "camera" as const,
      })),
      ...cells(within.incident, within.incident.length > INCIDENTS_FROM ? 40 : 18, origin.x, origin.y).map((cell) => ({
        cell,
        layer: "incident" as const,
      })),
    ];
    const tones = new Tones();
    const grow = 1 + Math.max(0, Math.min(1, (map.getZoom() - 15.5) / 2)); // nearer, larger
    for (const { cell, layer } of this.#painted) {
      if (layer === "incident") paintIncident(pen, cell, tones);
      else if (cell.things.length > 1) paintCluster(pen, cell, tones, layer);
      else paintSingle(pen, cell, tones, grow);
      if (this.#chosen && cell.things.some((dot) => dot.id === this.#chosen)) ring(pen, cell, tones);
    }
    const lie = JSON.stringify(this.spots.map((box) => box.map(Math.round)));
    if (lie !== this.#lie) {
      this.#lie = lie;
      map.fire("spotsmoved");
    }
  }
}

class Tones {
  readonly font = getComputedStyle(document.body).fontFamily;
  #found = new Map<string, string>();

  of(name: string): string {
    let found = this.#found.get(name);
    if (found === undefined) {
      found = colour(name) || "#888";
      this.#found.set(name, found);
    }
    return found;
  }
}

function place(at: LngLat): LatLng {
  return latLng(at[1], at[0]);
}

function paintSingle(pen: CanvasRenderingContext2D, { x, y, things }: Cell<Dot>, tones: Tones, grow: number): void {
  const dot = things[0];
  if (!dot) return;
  if (dot.layer === "camera") {
    pen.beginPath();
    pen.roundRect(x - 7, y - 6, 14, 12, 3);
    pen.fillStyle = tones.of("surface");
    pen.fill();
    pen.lineWidth = 1.5;
    pen.strokeStyle = tones.of(dot.tone);
    pen.stroke();
    pen.beginPath();
    pen.rect(x - 4, y - 2.5, 5, 5);
    pen.moveTo(x + 1.5, y);
    pen.lineTo(x + 4.5, y - 2.5);
    pen.lineTo(x + 4.5, y + 2.5);
    pen.closePath();
    pen.fillStyle = tones.of(dot.tone);
    pen.fill();
    return;
  }
  pen.beginPath();
  pen.arc(x, y, dot.radius ?? 3.5 * grow, 0, 7);
  pen.lineWidth = 1;
  if (dot.hollow) {
    pen.fillStyle = tones.of("surface");
    pen.fill();
    pen.lineWidth = 1.8;
    pen.strokeStyle = tones.of(dot.tone);
  } else {
    pen.fillStyle = tones.of(dot.tone);
    pen.fill();
    pen.strokeStyle = tones.of("surface");
  }
  pen.stroke();
}

function clusterRadius(things: number): number {
  return Math.min(18, 8 + 1.6 * Math.log2(things));
}

function paintCluster(
  pen: CanvasRenderingContext2D,
  { x, y, things }: Cell<Dot>,
  tones: Tones,
  layer: Dot["layer"],
): void {
  const radius = clusterRadius(things.length);
  pen.beginPath();
  pen.arc(x, y, radius, 0, 7);
  pen.fillStyle = tones.of(layer === "camera" ? "accent-soft" : "raised");
  pen.globalAlpha = 0.92;
  pen.fill();
  pen.globalAlpha = 1;
  pen.lineWidth = 1.5;
  pen.strokeStyle = tones.of(layer === "camera" ? "accent" : "line-strong");
  pen.stroke();
  write(pen, String(things.length), x, y, tones.of("dim"), 11, tones.font);
}

function paintIncident(pen: CanvasRenderingContext2D, { x, y, things }: Cell<Dot>, tones: Tones): void {
  const worst = things.reduce((a, b) => (rank(b) < rank(a) ? b : a));
  const severity = worst.severity ?? "warning";
  const size = severity === "critical" ? 11 : severity === "major" ? 10 : 8;
  shape(pen, severity, x, y, size + 3);
  pen.fillStyle = tones.of("surface");
  pen.fill();
  shape(pen, severity, x, y, size);
  pen.lineWidth = 2;
  pen.strokeStyle = pen.fillStyle = tones.of(severity);
  if (worst.hollow) {
    pen.fillStyle = tones.of("surface");
  }
  pen.fill();
  pen.stroke();
  if (things.length < 2) return;
  pen.beginPath();
  pen.arc(x + size, y - size, 8, 0, 7);
  pen.fillStyle = tones.of("text");
  pen.fill();
  write(pen, things.length > 99 ? "99" : String(things.length), x + size, y - size, tones.of("bg"), 10, tones.font);
}

function ring(pen: CanvasRenderingContext2D, { x, y }: Cell<Dot>, tones: Tones): void {
  pen.beginPath();
  pen.arc(x, y, 18, 0, 7);
  pen.lineWidth = 2.5;
  pen.strokeStyle = tones.of("accent");
  pen.stroke();
}

/** The same shapes as in lists: a diamond, a triangle, a square, a circle. */
function shape(pen: CanvasRenderingContext2D, severity: Severity, x: number, y: number, r: number): void {
  pen.beginPath();
  if (severity === "critical") {
    pen.moveTo(x, y - r);
    pen.lineTo(x + r, y);
    pen.lineTo(x, y + r);
    pen.lineTo(x - r, y);
  } else if (severity === "major") {
    pen.moveTo(x, y - r);
    pen.lineTo(x + r, y + 0.8 * r);
    pen.lineTo(x - r, y + 0.8 * r);
  } else if (severity === "minor") pen.rect(x - 0.8 * r, y - 0.8 * r, 1.6 * r, 1.6 * r);
  else pen.arc(x, y, 0.85 * r, 0, 7);
  pen.closePath();
}

function write(
  pen: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  tone: string,
  size: number,
  font: string,
): void {
  pen.font = `600 ${size}px ${font}`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillStyle = tone;
  pen.fillText(text, x, y + 0.5);
}

function rank(dot: Dot): number {
  return dot.severity ? SEVERITIES.indexOf(dot.severity) : SEVERITIES.length;
}
