// Zones and boxes painted into a camera's picture.
import type { Severity } from "../api/types";
import { words } from "../i18n";
import { colour } from "../ui/theme";
import type { LiveBox } from "./frame";
import type { Zone } from "./zones";

/** Each kind by colour and by the way its line is drawn. */
export const ZONE_TONES: Readonly<Record<string, { tone: string; dash: number[] }>> = {
  no_parking: { tone: "critical", dash: [] },
  no_stall: { tone: "major", dash: [] },
  permitted_stall: { tone: "good", dash: [9, 5] },
  ignored: { tone: "dim", dash: [2, 4] },
};

/** Paint zones over the picture that `pen` paints on. */
export function paintZones(pen: CanvasRenderingContext2D, zones: readonly Zone[]): void {
  const { width, height } = pen.canvas;
  const line = 2 * shrunk(pen.canvas);
  for (const zone of zones) {
    const { tone, dash } = ZONE_TONES[zone.kind] ?? { tone: "dim", dash: [] };
    pen.beginPath();
    for (const [index, [x, y]] of zone.polygon.entries())
      if (index === 0) pen.moveTo(x * width, y * height);
      else pen.lineTo(x * width, y * height);
    pen.closePath();
    pen.fillStyle = pen.strokeStyle = colour(tone);
    pen.globalAlpha = 0.14;
    pen.fill();
    pen.globalAlpha = 1;
    pen.lineWidth = line;
    pen.setLineDash(dash.map((part) => part * line * 0.7));
    pen.stroke();
    pen.setLineDash([]);
    const top = zone.polygon.reduce((a, b) => (b[1] < a[1] ? b : a), zone.polygon[0] ?? [0, 0]);
    label(pen, zone.name || zone.id, top[0] * width, top[1] * height, colour(tone));
  }
}

/** How many of the picture's pixels lie under one of the screen's: lines and words are as large on every screen. */
function shrunk(canvas: HTMLCanvasElement): number {
  return canvas.clientWidth ? canvas.width / canvas.clientWidth : 1;
}

const AT_ONCE_MS = 400;

/** Paint what the model saw, `ageMs` before or after this picture: what moves is no longer quite there, and is dashed. */
export function paintBoxes(pen: CanvasRenderingContext2D, boxes: readonly LiveBox[], ageMs: number): void {
  const { width, height } = pen.canvas;
  const tone = "#4ec5b3";
  const line = 2 * shrunk(pen.canvas);
  const old = ageMs > AT_ONCE_MS;
  pen.lineWidth = line;
  pen.globalAlpha = old ? 0.6 : 1;
  pen.setLineDash(old ? [3 * line, 2 * line] : []);
  for (const { label: name, confidence, box } of boxes) {
    const [x1, y1, x2, y2] = [box[0] * width, box[1] * height, box[2] * width, box[3] * height];
    pen.strokeStyle = tone;
    pen.strokeRect(x1, y1, x2 - x1, y2 - y1);
    label(pen, `${words(`cameras.label.${name}`, name)} ${Math.round(confidence * 100)}%`, x1, y1, tone);
  }
  pen.setLineDash([]);
  pen.globalAlpha = 1;
}

/** A place in the picture at which an alert stands open. */
export interface Mark {
  place: readonly [number, number, number, number];
  severity: Severity;
  title: string;
}

/** Paint where alerts stand open, in the colour of their severity, above all else. */
export function paintMarks(pen: CanvasRenderingContext2D, marks: readonly Mark[]): void {
  const { width, height } = pen.canvas;
  const line = 4 * shrunk(pen.canvas);
  for (const { place, severity, title } of marks) {
    const [x1, y1, x2, y2] = [place[0] * width, place[1] * height, place[2] * width, place[3] * height];
    pen.lineWidth = line;
    pen.strokeStyle = colour(severity);
    pen.strokeRect(x1, y1, x2 - x1, y2 - y1);
    label(pen, title, x1, y1, colour(severity));
  }
}

function label(pen: CanvasRenderingContext2D, text: string, x: number, y: number, tone: string): void {
  const size = Math.max(9, 12 * shrunk(pen.canvas));
  pen.font = `600 ${size}px ${getComputedStyle(document.body).fontFamily}`;
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  const wide = pen.measureText(text).width + 0.8 * size;
  const high = 1.5 * size;
  const left = Math.max(0, Math.min(x, pen.canvas.width - wide));
  const above = Math.max(0, y - high);
  pen.fillStyle = "rgb(6 12 17 / 78%)";
  pen.fillRect(left, above, wide, high);
  pen.fillStyle = tone;
  pen.fillRect(left, above, 0.22 * size, high);
  pen.fillStyle = "#f2f6f9";
  pen.fillText(text, left + 0.45 * size, above + high / 2);
}
