// The last seven days of one quantity over the band that is usual then; the hours that leave it are marked and listed.
import { useEffect, useMemo, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { figure, quantityName } from "../alert/quantities";
import { timezone } from "../api/city";
import { number } from "../health/figures";
import { language, t, words } from "../i18n";
import { toLocal } from "../ui/localTime";
import { around, axis } from "../ui/plot";
import { ScrollX } from "../ui/ScrollX";
import { Time } from "../ui/Time";
import { colour, theme } from "../ui/theme";
import { fullTime } from "../ui/time";
import { cellWords, counted, isOutside, type Recent, type RecentHour } from "./documents";

const HEIGHT = 260;
const HOUR_S = 3600;

export function Week({ recent }: { recent: Recent }) {
  const outside = recent.hours.filter(isOutside);
  const told = counted(recent.hours)
    .map(([stands, n]) => `${words(`baselines.stands.${stands}`)} ${number(n)}`)
    .join(language.value === "zh" ? "，" : ", ");
  return (
    <>
      <Plot recent={recent} label={`${t("baselines.week")}: ${quantityName(recent.quantity)}. ${told}`} />
      <ul class="baseline-legend" aria-hidden="true">
        <li class="mean">{t("baselines.legend.mean")}</li>
        <li class="usual">{t("baselines.legend.usual")}</li>
        <li class="outside">{t("baselines.legend.outside")}</li>
        <li class="left-out">{t("baselines.legend.left-out")}</li>
      </ul>
      <p class="dim baseline-told">{told}</p>
      {outside.length > 0 && (
        <details>
          <summary>{t("baselines.outside", { n: outside.length })}</summary>
          <ScrollX label={t("baselines.outside", { n: outside.length })}>
            <table class="table">
              <thead>
                <tr>
                  <th>{t("baselines.hour")}</th>
                  <th>{t("baselines.hour-of-week")}</th>
                  <th class="number">{t("baselines.mean")}</th>
                  <th class="number">{t("baselines.usual")}</th>
                  <th class="number">{t("baselines.band")}</th>
                </tr>
              </thead>
              <tbody>
                {outside.map((hour) => (
                  <tr key={hour.at}>
                    <td class="nowrap">
                      <Time at={hour.at} as="full" />
                    </td>
                    <td class="nowrap">{cellWords(hour.cell)}</td>
                    <td class="number major">
                      {figure(hour.mean ?? 0)} {recent.unit} {words(`baselines.stands.${hour.stands}`)}
                      {hour.why && <span class="dim"> · {words(`baselines.left-out.${hour.why}`, hour.why)}</span>}
                    </td>
                    <td class="number">{figure(hour.usual ?? 0)}</td>
                    <td class="number nowrap">
                      {figure(hour.low ?? 0)} – {figure(hour.high ?? 0)}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </ScrollX>
        </details>
      )}
    </>
  );
}

function Plot({ recent, label }: { recent: Recent; label: string }) {
  const element = useRef<HTMLDivElement>(null);
  const under = useRef<HTMLParagraphElement>(null);
  const drawn = theme.value;
  const spoken = language.value;
  const data = useMemo(
    (): uPlot.AlignedData => [
      recent.hours.map((hour) => middle(hour)),
      recent.hours.map((hour) => (hour.stands === "left_out" ? null : hour.mean)),
    ],
    [recent],
  );
  useEffect(() => {
    const box = element.current;
    if (!box) return;
    const ends = recent.hours.flatMap((hour) => [hour.low, hour.high, hour.mean]).filter((one) => one !== null);
    const plot = new uPlot(
      {
        width: box.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { y: false, drag: { x: true, y: false } },
        tzDate: (ts) => uPlot.tzDate(new Date(ts * 1000), timezone.value),
        scales: {
          x: { range: () => [Date.parse(recent.since) / 1000, Date.parse(recent.until) / 1000] },
          y: { range: () => (ends.length === 0 ? [0, 1] : around(ends, 0.1)) },
        },
        axes: [
          axis({
            values: (_, at) =>
              at.map((s) =>
                toLocal(s * 1000)
                  .slice(5)
                  .replace("T", " "),
              ),
            space: 90,
          }),
          axis({ size: 54 }),
        ],
        series: [{}, { stroke: colour("accent"), width: 1.6, points: { show: false }, spanGaps: false }],
        hooks: {
          drawClear: [(self) => drawBand(self, recent.hours)],
          draw: [(self) => drawPoints(self, recent.hours)],
          setCursor: [
            (self) => {
              const hour = recent.hours[self.cursor.idx ?? -1];
              if (under.current) under.current.textContent = hour ? hourWords(hour, recent.unit) : "";
            },
          ],
        },
      },
      data,
      box,
    );
    const watch = new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: HEIGHT }));
    watch.observe(box);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [data, drawn, spoken]);
  return (
    <figure class="baseline-week">
      <div ref={element} role="img" aria-label={label} />
      <p ref={under} class="baseline-under dim" aria-hidden="true" />
    </figure>
  );
}

function hourWords(hour: RecentHour, unit: string): string {
  const band = hour.usual === null ? "" : ` · ${t("baselines.usual")} ${figure(hour.usual)}`;
  const ends = hour.low === null || hour.high === null ? "" : ` (${figure(hour.low)} – ${figure(hour.high)})`;
  const mean = hour.mean === null ? "" : ` · ${figure(hour.mean)} ${unit}`;
  const why = hour.why ? ` · ${words(`baselines.left-out.${hour.why}`, hour.why)}` : "";
  return `${fullTime(hour.at)}${mean}${band}${ends} · ${words(`baselines.stands.${hour.stands}`)}${why}`;
}

function middle(hour: RecentHour): number {
  return Date.parse(hour.at) / 1000 + HOUR_S / 2;
}

function drawBand(plot: uPlot, hours: readonly RecentHour[]): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.lineWidth = devicePixelRatio;
  for (const hour of hours) {
    if (hour.low === null || hour.high === null || hour.usual === null) continue;
    const at = Date.parse(hour.at) / 1000;
    const left = Math.round(plot.valToPos(at, "x", true));
    const right = Math.round(plot.valToPos(at + HOUR_S, "x", true));
    const top = plot.valToPos(hour.high, "y", true);
    const usual = Math.round(plot.valToPos(hour.usual, "y", true));
    ctx.globalAlpha = 0.16;
    ctx.fillStyle = colour("accent");
    ctx.fillRect(left, top, right - left, plot.valToPos(hour.low, "y", true) - top);
    ctx.globalAlpha = 0.8;
    ctx.strokeStyle = colour("dim");
    ctx.beginPath();
    ctx.moveTo(left, usual);
    ctx.lineTo(right, usual);
    ctx.stroke();
  }
  ctx.restore();
}

function drawPoints(plot: uPlot, hours: readonly RecentHour[]): void {
  const { ctx, bbox } = plot;
  const scale = devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.lineWidth = 1.4 * scale;
  for (const hour of hours) {
    if (hour.mean === null || !(isOutside(hour) || hour.stands === "left_out")) continue;
    ctx.beginPath();
    ctx.arc(plot.valToPos(middle(hour), "x", true), plot.valToPos(hour.mean, "y", true), 3 * scale, 0, 7);
    if (isOutside(hour)) {
      ctx.fillStyle = colour("critical");
      ctx.fill();
    } else {
      ctx.strokeStyle = colour("faint");
      ctx.stroke();
    }
  }
  ctx.restore();
}
