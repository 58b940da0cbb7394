// Alarms of each ten minutes as bars, floods shaded, the limit dashed; its numbers in words for who cannot see it.
import { t } from "../i18n";
import { date, fullTime, shortTime } from "../ui/time";
import { type Bar, bars, ceiling } from "./bars";
import type { HealthDocument } from "./page";

const WIDTH = 1400;
const HEIGHT = 230;
const LEFT = 34;
const FOOT = 22;
const MOST_BARS = 288;
const LIMIT = 10;

export function RateChart({ health }: { health: HealthDocument }) {
  const found = bars(health.per_ten_minutes, health.floods, MOST_BARS);
  const limit = LIMIT * health.operators;
  const most = Math.max(0, ...health.per_ten_minutes);
  const top = ceiling(Math.max(most, limit * 1.2));
  const windows = health.per_ten_minutes.length;
  const x = (window: number) => LEFT + ((WIDTH - LEFT) * window) / windows;
  const y = (count: number) => (HEIGHT - FOOT) * (1 - count / top);
  const begin = Date.parse(health.from);
  const at = (window: number) => begin + window * 600_000;
  const about = t("health.chart", {
    from: fullTime(health.from),
    to: fullTime(health.to),
    most,
    floods: health.floods.length,
  });
  const label = windows > 300 ? date : shortTime;
  return (
    <svg class="rate-chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={about}>
      {health.floods.map(([first, past]) => (
        <rect
          key={first}
          class="flood"
          x={x(first)}
          y={0}
          width={Math.max(2, x(past) - x(first))}
          height={HEIGHT - FOOT}
        />
      ))}
      {[0, top / 2, top].map((tick) => (
        <g key={tick}>
          <line class="tick" x1={LEFT} x2={WIDTH} y1={y(tick)} y2={y(tick)} />
          <text x={LEFT - 6} y={Math.max(9, y(tick) + 3)} text-anchor="end">
            {tick}
          </text>
        </g>
      ))}
      {found.map((bar: Bar) => (
        <rect
          key={bar.first}
          class={bar.flood ? "bar in-flood" : "bar"}
          x={x(bar.first) + 0.5}
          y={y(bar.most)}
          width={Math.max(1, x(bar.first + bar.span) - x(bar.first) - 1)}
          height={HEIGHT - FOOT - y(bar.most)}
        >
          <title>{`${fullTime(at(bar.first))}  ${bar.most}`}</title>
        </rect>
      ))}
      <line class="limit" x1={LEFT} x2={WIDTH} y1={y(limit)} y2={y(limit)} />
      {[0, 1, 2, 3, 4].map((part) => (
        <text
          key={part}
          x={x((windows * part) / 4)}
          y={HEIGHT - 6}
          text-anchor={part === 0 ? "start" : part === 4 ? "end" : "middle"}
        >
          {label(at((windows * part) / 4))}
        </text>
      ))}
    </svg>
  );
}
