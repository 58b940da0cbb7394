// The timeline's lanes put on a canvas, in the theme's colours.
import { toLocal } from "../ui/localTime";
import { shortTime, clockTime } from "../ui/time";
import { colour } from "../ui/theme";
import { figure } from "../alert/quantities";
import { t } from "../i18n";
import { type Line, type Range, rangeOf } from "./limits";
import { length, type Stretch, thinned, ticks, toX } from "./scale";

export interface Bar extends Stretch {
  key: string;
  /** A name of the theme's colours. */
  tone: string;
  title: string;
  /** Begun but not ended within the span. */
  open?: boolean;
  hollow?: boolean;
  words?: string;
}

export interface CurveLane {
  kind: "curve";
  key: string;
  name: string;
  unit: string;
  points: readonly (readonly [number, number | null])[];
  lines: readonly Line[];
}

export interface BarLane {
  kind: "bars";
  key: string;
  name: string;
  bars: readonly Bar[];
  /** What stands where there are none. */
  none: string;
  /** Dragging in it marks a stretch. */
  drawn?: boolean;
}

export type Lane = CurveLane | BarLane;

export const AXIS_PX = 24;
const CURVE_PX = 96;
const BAR_PX = 34;

export function heightOf(lane: Lane): number {
  return lane.kind === "curve" ? CURVE_PX : BAR_PX;
}

export function totalHeight(lanes: readonly Lane[]): number {
  return lanes.reduce((sum, lane) => sum + heightOf(lane), AXIS_PX);
}

/** Return the lane at that height, and where it begins; null on the axis. */
export function laneAt(lanes: readonly Lane[], y: number): Lane | null {
  let top = AXIS_PX;
  for (const lane of lanes) {
    if (y >= top && y < top + heightOf(lane)) return lane;
    top += heightOf(lane);
  }
  return null;
}

export interface Scene {
  lanes: readonly Lane[];
  view: Stretch;
  width: number;
  /** The bar that is chosen. */
  chosen: string | null;
  /** What is being marked. */
  marked: Stretch | null;
  pointer: number | null;
}

export function draw(ctx: CanvasRenderingContext2D, scene: Scene, ratio: number): void {
  const { lanes, view, width } = scene;
  const height = totalHeight(lanes);
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, width, height);
  ctx.font = "11px sans-serif";
  ctx.textBaseline = "middle";
  const offset = Date.parse(`${toLocal(view.from)}:00Z`) - Math.floor(view.from / 60_000) * 60_000;
  const line = colour("line");
  for (const tick of ticks(view, width, offset)) {
    const x = Math.round(toX(tick.at, view, width)) + 0.5;
    ctx.strokeStyle = tick.day ? colour("line-strong") : line;
    stroke(ctx, x, AXIS_PX, x, height);
    ctx.fillStyle = colour(tick.day ? "text" : "dim");
    ctx.textAlign = x < 30 ? "left" : x > width - 30 ? "right" : "center";
    const text = tick.day
      ? toLocal(tick.at).slice(5, 10)
      : length(view) < 600_000
        ? clockTime(tick.at)
        : shortTime(tick.at);
    ctx.fillText(text, Math.min(Math.max(x, 2), width - 2), AXIS_PX / 2);
  }
  let top = AXIS_PX;
  for (const lane of lanes) {
    ctx.strokeStyle = line;
    stroke(ctx, 0, top + 0.5, width, top + 0.5);
    if (lane.kind === "curve") drawCurve(ctx, lane, scene, top);
    else drawBars(ctx, lane, scene, top);
    top += heightOf(lane);
  }
  if (scene.pointer !== null) {
    const x = Math.round(toX(scene.pointer, view, width)) + 0.5;
    ctx.strokeStyle = colour("faint");
    ctx.setLineDash([3, 3]);
    stroke(ctx, x, AXIS_PX, x, height);
    ctx.setLineDash([]);
  }
}

const ROOM_PX = 12;
const LINE_PX = 13; // between the words of two lines

function drawCurve(ctx: CanvasRenderingContext2D, lane: CurveLane, { view, width }: Scene, top: number): void {
  const inside = CURVE_PX - 2 * ROOM_PX;
  const points = thinned(lane.points, view, width);
  const values = points.flatMap(([, value]) => (value === null ? [] : [value]));
  const range = rangeOf(values, lane.lines);
  if (!range) return;
  const y = (value: number) => top + ROOM_PX + inside * (1 - (value - range.low) / (range.high - range.low));
  const within = lane.lines.filter((line) => line.value >= range.low && line.value <= range.high);
  for (const line of within) {
    ctx.strokeStyle = colour(toneOf(line));
    ctx.lineWidth = line.tone === "tried" ? 1.6 : 1;
    ctx.setLineDash(line.tone === "tried" ? [] : [6, 4]);
    stroke(ctx, 0, y(line.value), width, y(line.value));
  }
  ctx.setLineDash([]);
  ctx.strokeStyle = colour("accent");
  ctx.lineWidth = 1.4;
  ctx.beginPath();
  let pen = false;
  for (const [at, value] of points) {
    if (value === null) {
      pen = false;
      continue;
    }
    const x = toX(at, view, width);
    if (pen) ctx.lineTo(x, y(value));
    else ctx.moveTo(x, y(value));
    pen = true;
  }
  ctx.stroke();
  ctx.lineWidth = 1;
  if (points.length < width / 6) {
    ctx.fillStyle = colour("accent");
    for (const [at, value] of points) {
      if (value === null) continue;
      ctx.beginPath();
      ctx.arc(toX(at, view, width), y(value), 1.8, 0, 7);
      ctx.fill();
    }
  }
  sayLines(ctx, lane, range, { y, top, width });
  if (values.length === 0) return;
  ctx.textAlign = "right";
  say(ctx, figure(range.high), width - 4, top + ROOM_PX - 3, "dim");
  say(ctx, figure(range.low), width - 4, top + CURVE_PX - ROOM_PX + 3, "dim");
}

function toneOf(line: Line): string {
  return line.tone === "tried" ? "warning" : "critical";
}

/** Write each line's value on it, those that lie close one below the other; what lies beyond the lane stands at its edge. */
function sayLines(
  ctx: CanvasRenderingContext2D,
  lane: CurveLane,
  range: Range,
  { y, top, width }: { y: (value: number) => number; top: number; width: number },
): void {
  const above = lane.lines.filter((line) => line.value > range.high);
  const below = lane.lines.filter((line) => line.value < range.low);
  const within = lane.lines.filter((line) => !above.includes(line) && !below.includes(line));
  ctx.textAlign = "left";
  let last = Number.NEGATIVE_INFINITY;
  for (const line of within.sort((a, b) => b.value - a.value)) {
    const at = Math.min(Math.max(y(line.value) - 7, last + LINE_PX, top + 7), top + CURVE_PX - 7);
    say(ctx, line.paired ? `${figure(line.value)} ${t(PAIRED[line.tone])}` : figure(line.value), 5, at, toneOf(line));
    last = at;
  }
  ctx.textAlign = "center";
  const values = (lines: readonly Line[]) => lines.map((line) => figure(line.value)).join("  ");
  if (above.length > 0) say(ctx, `↑ ${values(above)}`, width / 2, top + 8, "critical");
  if (below.length > 0) say(ctx, `↓ ${values(below)}`, width / 2, top + CURVE_PX - 8, "critical");
}

const PAIRED = { force: "tuning.now", tried: "tuning.tried" } as const;

/** Write words that stay legible over a curve. */
function say(ctx: CanvasRenderingContext2D, words: string, x: number, y: number, tone: string): void {
  ctx.lineWidth = 3;
  ctx.lineJoin = "round";
  ctx.strokeStyle = colour("surface");
  ctx.strokeText(words, x, y);
  ctx.lineWidth = 1;
  ctx.fillStyle = colour(tone);
  ctx.fillText(words, x, y);
}

function drawBars(ctx: CanvasRenderingContext2D, lane: BarLane, scene: Scene, top: number): void {
  const { view, width } = scene;
  if (lane.bars.length === 0 && !scene.marked) {
    ctx.fillStyle = colour("dim");
    ctx.textAlign = "left";
    ctx.fillText(lane.none, 8, top + BAR_PX / 2, width - 16);
  }
  for (const bar of lane.bars) {
    if (bar.to < view.from || bar.from > view.to) continue;
    const left = Math.max(-4, toX(bar.from, view, width));
    const right = Math.min(width + 4, Math.max(toX(bar.to, view, width), left + 4));
    const shade = colour(bar.tone);
    ctx.globalAlpha = bar.hollow ? 0.35 : 0.85;
    ctx.fillStyle = shade;
    ctx.beginPath();
    ctx.roundRect(left, top + 6, right - left, BAR_PX - 12, 3);
    ctx.fill();
    ctx.globalAlpha = 1;
    ctx.strokeStyle = bar.key === scene.chosen ? colour("text") : shade;
    ctx.lineWidth = bar.key === scene.chosen ? 2 : 1;
    ctx.setLineDash(bar.open ? [3, 2] : []);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.lineWidth = 1;
    if (bar.words && right - left > ctx.measureText(bar.words).width + 10) {
      ctx.fillStyle = colour(bar.hollow ? "text" : "bg");
      ctx.textAlign = "left";
      ctx.fillText(bar.words, Math.max(left, 0) + 5, top + BAR_PX / 2 + 0.5);
    }
  }
  if (lane.drawn && scene.marked) {
    const left = toX(scene.marked.from, view, width);
    const right = toX(scene.marked.to, view, width);
    ctx.fillStyle = colour("accent-soft");
    ctx.strokeStyle = colour("accent");
    ctx.beginPath();
    ctx.rect(left, top + 4, Math.max(2, right - left), BAR_PX - 8);
    ctx.fill();
    ctx.stroke();
  }
}

function stroke(ctx: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  ctx.beginPath();
  ctx.moveTo(x1, y1);
  ctx.lineTo(x2, y2);
  ctx.stroke();
}
