// A date and time as the browser's own field takes it, read in the city's zone whatever zone the machine is in; pure.
import { timezone } from "../api/city";

const FORM = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)/;

/** Return the city's wall clock at that instant, as `2026-11-23T18:00`. */
export function toLocal(ms: number, zone = timezone.value): string {
  return new Date(ms + offsetMs(ms, zone)).toISOString().slice(0, 16);
}

/** Return the instant at which the city's wall clock shows `text`, or null where it is no time. */
export function fromLocal(text: string, zone = timezone.value): number | null {
  if (!FORM.test(text)) return null;
  const wall = Date.parse(`${text.slice(0, 16)}:00Z`);
  if (Number.isNaN(wall)) return null;
  // The zone's offset is that of the instant itself, which the first guess misses by at most one change of the clocks.
  const guess = wall - offsetMs(wall, zone);
  return wall - offsetMs(guess, zone);
}

const clocks = new Map<string, Intl.DateTimeFormat>();

function clockOf(zone: string): Intl.DateTimeFormat {
  let found = clocks.get(zone);
  if (!found) {
    const two = "2-digit";
    found = new Intl.DateTimeFormat("en-CA", {
      ...{ timeZone: zone, hourCycle: "h23", year: "numeric" },
      ...{ month: two, day: two, hour: two, minute: two, second: two },
    });
    clocks.set(zone, found);
  }
  return found;
}

function offsetMs(ms: number, zone: string): number {
  const parts = clockOf(zone).formatToParts(ms);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value);
  const wall = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
  return wall - Math.floor(ms / 1000) * 1000;
}
