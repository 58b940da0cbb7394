// Zones and boxes painted into a camera's picture.
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
  const line = Math.max(1.5, width / 500);
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

/** Paint what the model saw. */
export function paintBoxes(pen: CanvasRenderingContext2D, boxes: readonly LiveBox[]): void {
  const { width, height } = pen.canvas;
  const tone = colour("accent");
  pen.lineWidth = Math.max(1.5, width / 480);
  for (const { label: name, confidence, box } of boxes) {
    const [x1, y1, x2, y2] = [box[0] * width, box[1] * height, box[2] * width, box[3] * height];
    pen.strokeStyle = tone;
    pen.strokeRect(x1, y1, x2 - x1, y2 - y1);
    label(pen, `${words(`cameras.label.${name}`, name)} ${Math.round(confidence * 100)}%`, x1, y1, tone);
  }
}

function label(pen: CanvasRenderingContext2D, text: string, x: number, y: number, tone: string): void {
  const size = Math.max(10, Math.min(20, pen.canvas.width / 55));
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
  pen.fillRect(left, above, 3, high);
  pen.fillStyle = "#f2f6f9";
  pen.fillText(text, left + 0.45 * size, above + high / 2);
}
