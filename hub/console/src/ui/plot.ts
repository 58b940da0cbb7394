// What uPlot's charts have in common: how an axis looks, and how much room there is around what is drawn.
import type uPlot from "uplot";
import { colour } from "./theme";

export function axis(more: Partial<uPlot.Axis>): uPlot.Axis {
  return {
    stroke: colour("dim"),
    grid: { stroke: colour("line"), width: 1 },
    ticks: { stroke: colour("line"), width: 1 },
    font: "11px sans-serif",
    ...more,
  };
}

/** Return a range with `share` of its width as room at both ends, but below 0 only where a value is. */
export function around(values: readonly number[], share: number): [number, number] {
  const least = Math.min(...values);
  const most = Math.max(...values);
  const room = (most - least || Math.abs(most) || 1) * share;
  return [least >= 0 ? Math.max(0, least - room) : least - room, most + room];
}
