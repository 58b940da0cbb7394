// The readings around an alert as charts: each quantity by itself, its limits across it, when it began and was raised.
import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { timezone } from "../api/city";
import { get } from "../api/http";
import { may } from "../api/session";
import type { Alert } from "../api/types";
import { language, t } from "../i18n";
import { href } from "../router";
import { traceOf } from "../trace/address";
import { around, axis } from "../ui/plot";
import { useResource } from "../ui/resource";
import { Loading, problemText } from "../ui/states";
import { colour, theme } from "../ui/theme";
import { fullTime, shortTime } from "../ui/time";
import { figure, quantityName, unitOf } from "./quantities";

interface Curve {
  device: string;
  quantity: string;
  limits: { kind: "threshold" | "low" | "high" | "usual"; value: number }[];
  points: [string, number, number, number][];
}

interface Expected {
  subject: string;
  quantity: string;
  points: [string, number, number, number][];
}

interface Readings {
  begin: string;
  end: string;
  step_s: number;
  curves: Curve[];
  expected: Expected[];
}

const AGAIN_MS = 15_000;
const SEEN_BY_CAMERAS = ["parking.", "stall."];

export function Chart({ alert }: { alert: Alert }) {
  const seen = SEEN_BY_CAMERAS.some((domain) => alert.rule.startsWith(domain));
  const read = useResource(
    (signal) => get<Readings>(`alerts/${alert.id}/readings`, { signal }),
    [alert.id, alert.condition],
  );
  useEffect(() => {
    if (alert.condition === "cleared" || seen) return;
    const timer = setInterval(read.again, AGAIN_MS);
    return () => clearInterval(timer);
  }, [alert.id, alert.condition]);
  const moment = useSignal<number | null>(null);
  if (seen) return null;
  const quantities = [...new Set((read.value?.curves ?? []).map((curve) => curve.quantity))];
  return (
    <section class="panel" aria-label={t("alert.chart")}>
      <header>
        <h2>{t("alert.chart")}</h2>
      </header>
      <div class="panel-content charts">
        {!read.value && read.loading && <Loading rows={3} />}
        {!read.value && read.problem && <p class="field-error">{problemText(read.problem)}</p>}
        {read.value && quantities.length === 0 && <p class="dim">{t("alert.chart-none")}</p>}
        {read.value &&
          quantities.map((quantity) => (
            <Plot
              key={quantity}
              quantity={quantity}
              curves={read.value?.curves.filter((curve) => curve.quantity === quantity) ?? []}
              expected={(read.value?.expected ?? []).find((one) => one.quantity === quantity) ?? null}
              begin={Date.parse(read.value?.begin ?? "") / 1000}
              end={Date.parse(read.value?.end ?? "") / 1000}
              alert={alert}
              onMoment={may("tune:write") ? (ms) => (moment.value = ms) : null}
            />
          ))}
        {quantities.length > 0 && may("tune:write") && (
          <p class="chart-moment dim" aria-live="polite">
            {moment.value === null ? (
              t("trace.choose-moment")
            ) : (
              <>
                {t("trace.here", { at: fullTime(moment.value) })}{" "}
                <a
                  class="button"
                  href={href(
                    traceOf({ rule: alert.rule, subject: alert.subject, at: new Date(moment.value).toISOString() }),
                  )}
                >
                  {t("trace.here-ask")}
                </a>
              </>
            )}
          </p>
        )}
      </div>
    </section>
  );
}

/** Where in the chart the pointer was when it was pressed and let go without being moved. */
function onClick(plot: uPlot, tell: (ms: number) => void): void {
  let pressed = 0;
  plot.over.addEventListener("pointerdown", (event) => {
    pressed = event.clientX;
  });
  plot.over.addEventListener("pointerup", (event) => {
    if (Math.abs(event.clientX - pressed) > 3) return; // a stretch was drawn to zoom into
    const left = event.clientX - plot.over.getBoundingClientRect().left;
    tell(Math.round(plot.posToVal(left, "x") * 1000));
  });
}

interface PlotProps {
  quantity: string;
  curves: Curve[];
  expected: Expected | null;
  begin: number;
  end: number;
  alert: Alert;
  onMoment: ((ms: number) => void) | null;
}

const NO_BAND: Expected["points"] = [];

function Plot({ quantity, curves, expected, begin, end, alert, onMoment }: PlotProps) {
  const band = expected?.points ?? NO_BAND;
  const element = useRef<HTMLDivElement>(null);
  const data = useMemo(() => columns(curves), [curves]);
  const limits = curves[0]?.limits ?? [];
  const drawn = theme.value;
  const spoken = language.value;
  useEffect(() => {
    const box = element.current;
    if (!box) return;
    // What is expected moves with the hour: one line across would say too much.
    const lines = band.length ? [] : limits.map((limit) => ({ ...limit, words: t(`alert.limit.${limit.kind}`) }));
    const ends = band.flatMap(([, low, , high]) => [{ value: low }, { value: high }]);
    const marks = [
      { at: Date.parse(alert.since) / 1000, words: t("alert.since") },
      { at: Date.parse(alert.raised_at) / 1000, words: t("alert.raised") },
      ...(alert.cleared_at ? [{ at: Date.parse(alert.cleared_at) / 1000, words: t("alert.cleared") }] : []),
    ];
    const plot = new uPlot(
      {
        width: box.clientWidth,
        height: 190,
        legend: { show: false },
        cursor: { y: false, drag: { x: true, y: false } },
        tzDate: (ts) => uPlot.tzDate(new Date(ts * 1000), timezone.value),
        scales: {
          x: { range: () => [begin, end] },
          y: {
            range: (_, low, high) =>
              around(
                [low, high, ...[...lines, ...ends].map((line) => line.value)].filter((value) => value !== null),
                0.12,
              ),
          },
        },
        axes: [axis({ values: (_, at) => at.map((s) => shortTime(s * 1000)) }), axis({ size: 54 })],
        series: [
          {},
          ...curves.map((_, index) => ({
            stroke: shade(index, curves.length),
            width: 1.6,
            points: { show: false },
          })),
        ],
        hooks: {
          drawClear: [(self) => drawBand(self, band)],
          draw: [(self) => drawMarks(self, lines, marks)],
        },
      },
      data,
      box,
    );
    if (onMoment) onClick(plot, onMoment);
    const watch = new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: 190 }));
    watch.observe(box);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [data, band, drawn, spoken, begin, end, alert.cleared_at]);
  const unit = unitOf(quantity);
  const newest = curves.map((curve) => curve.points.at(-1)?.[2]).find((value) => value !== undefined);
  return (
    <figure class="plot">
      <figcaption>
        <strong>{quantityName(quantity)}</strong> <span class="dim">{unit}</span>
        {expected && may("tune:read") && (
          <a href={href(`/tuning/baselines/${encodeURIComponent(expected.subject)}?quantity=${quantity}`)}>
            {t("baselines.week-of")}
          </a>
        )}
        <span class="plot-limits">
          {limits.map((limit) => (
            <span key={limit.kind + limit.value} class={`plot-limit ${limit.kind}`}>
              {t(`alert.limit.${limit.kind}`)} {figure(limit.value)}
            </span>
          ))}
          {newest !== undefined && (
            <b>
              {figure(newest)} {unit}
            </b>
          )}
        </span>
      </figcaption>
      <div ref={element} role="img" aria-label={`${t("alert.chart")}: ${quantityName(quantity)}`} />
    </figure>
  );
}

/** Put the curves' points into columns over one axis of time, as uPlot takes them. */
function columns(curves: readonly Curve[]): uPlot.AlignedData {
  const tables = curves.map((curve): uPlot.AlignedData => [
    curve.points.map(([at]) => Date.parse(at) / 1000),
    curve.points.map(([, , mean]) => mean),
  ]);
  return tables.length === 1 && tables[0] ? tables[0] : uPlot.join(tables);
}

function shade(index: number, of: number): string {
  if (of === 1) return colour("accent");
  return `hsl(${Math.round(170 + (index * 300) / of) % 360} 45% 58%)`;
}

const HOUR_S = 3600;

/** Draw what was expected behind the curves: a band for each hour, its median as a line. */
function drawBand(plot: uPlot, band: Expected["points"]): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.lineWidth = devicePixelRatio;
  for (const [hour, low, median, high] of band) {
    const at = Date.parse(hour) / 1000;
    const left = plot.valToPos(at, "x", true);
    const right = plot.valToPos(at + HOUR_S, "x", true);
    const top = plot.valToPos(high, "y", true);
    const middle = Math.round(plot.valToPos(median, "y", true));
    ctx.globalAlpha = 0.16;
    ctx.fillStyle = colour("accent");
    ctx.fillRect(left, top, right - left, plot.valToPos(low, "y", true) - top);
    ctx.globalAlpha = 0.7;
    ctx.strokeStyle = colour("dim");
    stroke(ctx, left, middle, right, middle);
  }
  ctx.restore();
}

type Marked = readonly { at: number; words: string }[];

function drawMarks(plot: uPlot, lines: readonly { kind: string; value: number }[], marks: Marked): void {
  const { ctx, bbox } = plot;
  const scale = devicePixelRatio;
  ctx.save();
  ctx.lineWidth = scale;
  ctx.font = `${11 * scale}px sans-serif`;
  for (const line of lines) {
    const y = Math.round(plot.valToPos(line.value, "y", true));
    ctx.strokeStyle = colour(line.kind === "usual" ? "dim" : "critical");
    ctx.setLineDash([6 * scale, 4 * scale]);
    stroke(ctx, bbox.left, y, bbox.left + bbox.width, y);
  }
  ctx.setLineDash([2 * scale, 3 * scale]);
  let lastEnd = Number.NEGATIVE_INFINITY;
  for (const mark of marks) {
    const x = Math.round(plot.valToPos(mark.at, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = colour("major");
    stroke(ctx, x, bbox.top, x, bbox.top + bbox.height);
    const width = ctx.measureText(mark.words).width;
    const down = x < lastEnd ? 24 : 11; // two that stand close are written below each other
    ctx.fillStyle = colour("major");
    const right = x + 4 * scale + width > bbox.left + bbox.width;
    ctx.textAlign = right ? "right" : "left";
    ctx.fillText(mark.words, x + (right ? -4 : 4) * scale, bbox.top + down * scale);
    lastEnd = x + 8 * scale + width;
  }
  ctx.restore();
}

function stroke(ctx: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  ctx.beginPath();
  ctx.moveTo(x1, y1);
  ctx.lineTo(x2, y2);
  ctx.stroke();
}
