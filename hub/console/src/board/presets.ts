// For how long one shelves: presets, and the next time it is a certain hour in the city. Pure.
import type { Key } from "../i18n";

export const SHELVE_PRESETS: readonly { key: Key; seconds: number }[] = [
  { key: "board.for-30-min", seconds: 1800 },
  { key: "board.for-1-h", seconds: 3600 },
  { key: "board.for-4-h", seconds: 4 * 3600 },
  { key: "board.for-8-h", seconds: 8 * 3600 },
  { key: "board.for-1-d", seconds: 86_400 },
];

const HOUR_MS = 3_600_000;

/** Return the next instant after `now` (ms) at which it is `hour` o'clock in `zone`, whatever its clocks do till then. */
export function nextLocalHour(now: number, hour: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  // Zones lie whole quarters of an hour apart: one of the quarters ahead is the one that is looked for.
  const quarter = HOUR_MS / 4;
  const wanted = `${String(hour).padStart(2, "0")}:00`;
  for (let at = Math.floor(now / quarter) * quarter + quarter; at <= now + 50 * HOUR_MS; at += quarter) {
    if (parts.format(at) === wanted) return at;
  }
  return now + 24 * HOUR_MS;
}
