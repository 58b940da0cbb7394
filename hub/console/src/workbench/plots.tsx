// A sweep's figures drawn: precision over recall, delay against false alarms, a histogram, and two thresholds as a field.
import { t } from "../i18n";
import { percent } from "../health/figures";
import type { Cell, Scores, Swept } from "../tuning/documents";
import { figureOf, valueOf } from "../tuning/figures";
import { said } from "../tuning/sentences";
import { thresholdName } from "./tunables";

const WIDTH = 420;
const HEIGHT = 260;
const LEFT = 46;
const FOOT = 34;
const TOP = 22;
const RIGHT = 12;

interface FrameProps {
  about: string;
  across: string;
  up: string;
  x: Scale;
  y: Scale;
  children: preact.ComponentChildren;
}

interface Scale {
  low: number;
  high: number;
  words: (value: number) => string;
}

const toX = (value: number, scale: Scale) =>
  LEFT + ((WIDTH - LEFT - RIGHT) * (value - scale.low)) / (scale.high - scale.low || 1);
const toY = (value: number, scale: Scale) =>
  TOP + (HEIGHT - FOOT - TOP) * (1 - (value - scale.low) / (scale.high - scale.low || 1));

function Frame({ about, across, up, x, y, children }: FrameProps) {
  const parts = [0, 0.5, 1];
  return (
    <svg class="plot-frame" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={about}>
      {parts.map((part) => {
        const value = y.low + (y.high - y.low) * part;
        return (
          <g key={part}>
            <line class="tick" x1={LEFT} x2={WIDTH - RIGHT} y1={toY(value, y)} y2={toY(value, y)} />
            <text x={LEFT - 6} y={toY(value, y) + 4} text-anchor="end">
              {y.words(value)}
            </text>
          </g>
        );
      })}
      {parts.map((part) => {
        const value = x.low + (x.high - x.low) * part;
        return (
          <text
            key={part}
            x={toX(value, x)}
            y={HEIGHT - FOOT + 15}
            text-anchor={part === 0 ? "start" : part === 1 ? "end" : "middle"}
          >
            {x.words(value)}
          </text>
        );
      })}
      <text class="axis-name" x={WIDTH - RIGHT} y={HEIGHT - 4} text-anchor="end">
        {across}
      </text>
      <text class="axis-name" x={LEFT} y={12} text-anchor="start">
        {up}
      </text>
      {children}
    </svg>
  );
}

interface PickProps {
  swept: Swept;
  chosen: number | null;
  onChoose: (cell: number) => void;
}

const SHARE: Omit<Scale, "low" | "high"> = { words: (value) => percent(value) };

export function Curve({ swept, chosen, onChoose }: PickProps) {
  const points = swept.cells.flatMap((cell, index) => {
    const precision = cell.scores?.precision.value ?? null;
    const recall = cell.scores?.recall.value ?? null;
    return precision === null || recall === null ? [] : [{ index, recall, precision }];
  });
  const scale = { low: 0, high: 1, ...SHARE };
  frontLast(points, swept);
  return (
    <Figure title={t("tuning.curve")}>
      {points.length === 0 ? (
        <None swept={swept} />
      ) : (
        <Frame
          about={t("tuning.curve-about", { n: points.length })}
          across={t("tuning.score.recall")}
          up={t("tuning.score.precision")}
          x={scale}
          y={scale}
        >
          <polyline
            class="line"
            points={swept.curve.map((one) => `${toX(one.recall, scale)},${toY(one.precision, scale)}`).join(" ")}
          />
          {points.map((one) => (
            <Dot
              key={one.index}
              x={toX(one.recall, scale)}
              y={toY(one.precision, scale)}
              cell={swept.cells[one.index]}
              swept={swept}
              chosen={one.index === chosen}
              front={swept.front.includes(one.index)}
              onChoose={() => onChoose(one.index)}
            />
          ))}
        </Frame>
      )}
      {points.length > 0 && <DotKey />}
    </Figure>
  );
}

/** What is counted as false alarms: of a camera's day where there are cameras, else of a device's month. */
export function falseRate(scores: Scores | null): number | null {
  return scores?.false_per_camera_day?.value ?? scores?.false_per_device_month?.value ?? null;
}

export function Front({ swept, chosen, onChoose }: PickProps) {
  const points = swept.cells.flatMap((cell, index) => {
    const delay = cell.scores?.delay_s.value ?? null;
    const wrong = falseRate(cell.scores);
    return delay === null || wrong === null ? [] : [{ index, delay, wrong }];
  });
  const x = scaleOf(
    points.map((one) => one.wrong),
    (value) => valueOf(Number(value.toPrecision(2))),
  );
  const y = scaleOf(
    points.map((one) => one.delay),
    seconds,
  );
  frontLast(points, swept);
  const front = points.filter((one) => swept.front.includes(one.index));
  const edge = edgeOf(front);
  const camera = swept.cells.some((cell) => cell.scores?.false_per_camera_day?.value != null);
  return (
    <Figure title={t("tuning.front")}>
      {points.length === 0 ? (
        <None swept={swept} />
      ) : (
        <Frame
          about={t("tuning.front-about", { n: front.length, of: points.length })}
          across={t(camera ? "tuning.score.false_per_camera_day" : "tuning.score.false_per_device_month")}
          up={t("tuning.score.delay_s")}
          x={x}
          y={y}
        >
          <polyline class="line" points={edge.map((one) => `${toX(one.wrong, x)},${toY(one.delay, y)}`).join(" ")} />
          {points.map((one) => (
            <Dot
              key={one.index}
              x={toX(one.wrong, x)}
              y={toY(one.delay, y)}
              cell={swept.cells[one.index]}
              swept={swept}
              chosen={one.index === chosen}
              front={swept.front.includes(one.index)}
              onChoose={() => onChoose(one.index)}
            />
          ))}
        </Frame>
      )}
      {points.length > 0 && <DotKey />}
    </Figure>
  );
}

/** Those on the front are drawn last, so that none of the others lies over them. */
function frontLast(points: { index: number }[], swept: Swept): void {
  points.sort((a, b) => Number(swept.front.includes(a.index)) - Number(swept.front.includes(b.index)));
}

/** Of the front, which misses count for as well, those that nothing beats in what is drawn: the line along the edge. */
function edgeOf<T extends { wrong: number; delay: number }>(front: readonly T[]): T[] {
  const edge: T[] = [];
  for (const one of [...front].sort((a, b) => a.wrong - b.wrong || a.delay - b.delay)) {
    const last = edge.at(-1);
    if (!last || one.delay < last.delay) edge.push(one);
  }
  return edge;
}

/** A delay for the axis, where there is little room. */
function seconds(value: number): string {
  const most = 600;
  if (Math.abs(value) >= most) return figureOf("delay_s", Math.round(value / 60) * 60);
  return `${value < 0 ? "−" : ""}${t("ui.second", { n: Math.round(Math.abs(value)) })}`;
}

/** What the dots' looks mean. */
function DotKey() {
  return (
    <p class="plot-key">
      <span class="dot-key front">{t("tuning.on-front")}</span>
      <span class="dot-key">{t("tuning.off-front")}</span>
    </p>
  );
}

function scaleOf(values: readonly number[], say: (value: number) => string): Scale {
  const low = Math.min(0, ...values);
  const high = Math.max(...values, low);
  return { low, high: high === low ? low + 1 : high, words: say };
}

interface DotProps {
  x: number;
  y: number;
  cell: Cell | undefined;
  swept: Swept;
  chosen: boolean;
  front: boolean;
  onChoose: () => void;
}

function Dot({ x, y, cell, swept, chosen, front, onChoose }: DotProps) {
  if (!cell) return null;
  return (
    <circle
      class={`dot${chosen ? " chosen" : ""}${front ? " front" : ""}`}
      cx={x}
      cy={y}
      r={chosen ? 7 : front ? 5 : 4}
      onClick={onChoose}
    >
      <title>{cellTitle(swept, cell)}</title>
    </circle>
  );
}

export function cellTitle(swept: Swept, cell: Cell): string {
  const at = swept.axes.map((axis, n) => `${thresholdName(axis.path)} = ${valueOf(cell.values[n])}`);
  const { scores } = cell;
  if (!scores) return [...at, said(cell.problem ?? "")].join("\n");
  return [
    ...at,
    `${t("tuning.raised")}: ${cell.raised}`,
    `${t("tuning.false-alarms")}: ${valueOf(cell.false_alarms)}`,
    `${t("tuning.missed")}: ${valueOf(cell.missed)}`,
    `${t("tuning.score.precision")}: ${figureOf("precision", scores.precision.value)}`,
    `${t("tuning.score.recall")}: ${figureOf("recall", scores.recall.value)}`,
    `${t("tuning.score.delay_s")}: ${figureOf("delay_s", scores.delay_s.value)}`,
  ].join("\n");
}

export function Histogram({ swept }: { swept: Swept }) {
  const found = swept.histogram;
  if (!found || found.edges.length < 2) return null;
  const bins = found.edges.slice(1).map((edge, n) => ({
    from: found.edges[n] ?? 0,
    to: edge,
    counts: [found.true[n] ?? 0, found.false[n] ?? 0, found.unlabelled[n] ?? 0] as const,
  }));
  const most = Math.max(1, ...bins.map((bin) => bin.counts[0] + bin.counts[1] + bin.counts[2]));
  const x: Scale = {
    low: found.edges[0] ?? 0,
    high: found.edges.at(-1) ?? 1,
    words: (value) => valueOf(Number(value.toPrecision(3))),
  };
  const y: Scale = { low: 0, high: most, words: (value) => valueOf(Math.round(value)) };
  const kinds = ["true", "false", "unlabelled"] as const;
  return (
    <Figure title={t("tuning.histogram")}>
      <Frame
        about={t("tuning.histogram-about", { path: thresholdName(found.path) })}
        across={thresholdName(found.path)}
        up={t("tuning.raised")}
        x={x}
        y={y}
      >
        {bins.map((bin) => {
          let base = 0;
          return kinds.map((kind, n) => {
            const from = base;
            base += bin.counts[n] ?? 0;
            if (base === from) return null;
            return (
              <rect
                key={`${bin.from} ${kind}`}
                class={`bin ${kind}`}
                x={toX(bin.from, x) + 1}
                width={Math.max(1, toX(bin.to, x) - toX(bin.from, x) - 2)}
                y={toY(base, y)}
                height={toY(from, y) - toY(base, y)}
              >
                <title>{`${valueOf(bin.from)} – ${valueOf(bin.to)}: ${base - from} ${t(`tuning.bin.${kind}`)}`}</title>
              </rect>
            );
          });
        })}
      </Frame>
      <p class="plot-key">
        {kinds.map((kind) => (
          <span key={kind} class={`key ${kind}`}>
            {t(`tuning.bin.${kind}`)}
          </span>
        ))}
      </p>
    </Figure>
  );
}

/** Two thresholds as a field of cells: the darker the fill, the better by F1, or the fewer alarms where no label tells. */
export function Field({ swept, chosen, onChoose }: PickProps) {
  const [across, up] = swept.axes;
  if (!across || !up) return null;
  const judged = swept.cells.some((cell) => cell.scores?.f1.value != null);
  const figures = swept.cells.map((cell) => (judged ? (cell.scores?.f1.value ?? null) : cell.raised));
  const known = figures.filter((value): value is number => value !== null);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const share = (value: number | null) =>
    value === null ? 0 : most === least ? 0.5 : (value - least) / (most - least);
  const rows = [...up.values].sort((a, b) => b - a);
  const find = (x: number, y: number) => swept.cells.findIndex((one) => one.values[0] === x && one.values[1] === y);
  return (
    <Figure title={judged ? t("tuning.field-f1") : t("tuning.field-raised")}>
      <table
        class="field-table"
        aria-label={t("tuning.field-about", { a: thresholdName(across.path), b: thresholdName(up.path) })}
      >
        <tbody>
          {rows.map((y) => (
            <tr key={y}>
              <th scope="row">{valueOf(y)}</th>
              {across.values.map((x) => {
                const index = find(x, y);
                const cell = swept.cells[index];
                if (!cell) return <td key={x} />;
                const value = figures[index] ?? null;
                const now = swept.current.values[0] === x && swept.current.values[1] === y;
                return (
                  <td key={x}>
                    <button
                      type="button"
                      class={`cell${index === chosen ? " chosen" : ""}${now ? " now" : ""}${swept.front.includes(index) ? " front" : ""}`}
                      style={{ "--share": String(Math.round(share(value) * 42)) }}
                      title={cellTitle(swept, cell)}
                      aria-pressed={index === chosen}
                      onClick={() => onChoose(index)}
                    >
                      {cell.problem ? "×" : value === null ? "—" : judged ? percent(value) : value}
                    </button>
                  </td>
                );
              })}
            </tr>
          ))}
          <tr>
            <th />
            {across.values.map((x) => (
              <th key={x} scope="col">
                {valueOf(x)}
              </th>
            ))}
          </tr>
        </tbody>
      </table>
      <p class="field-hint">
        {t("tuning.field-axes", { across: thresholdName(across.path), up: thresholdName(up.path) })}
      </p>
    </Figure>
  );
}

function None({ swept }: { swept: Swept }) {
  const first = swept.cells.find((cell) => cell.scores)?.scores;
  return (
    <p class="dim plot-none">
      {said(first?.why_not ?? "") || t("tuning.too-few", { ...(first?.labels ?? { true: 0, false: 0, missed: 0 }) })}
    </p>
  );
}

function Figure({ title, children }: { title: string; children: preact.ComponentChildren }) {
  return (
    <figure class="sweep-plot">
      <figcaption>{title}</figcaption>
      {children}
    </figure>
  );
}
