// An instant as people read it, in the city's zone, with the whole date in its title.

import { nowMs } from "./ticking";
import { ago, clockTime, fullTime, timeOfDay } from "./time";

type Style = "clock" | "day" | "full" | "ago";

export function Time({ at, as = "day" }: { at: string | null | undefined; as?: Style }) {
  if (!at) return <span class="dim">—</span>;
  const text =
    as === "full"
      ? fullTime(at)
      : as === "clock"
        ? clockTime(at)
        : as === "ago"
          ? ago(at, nowMs.value)
          : timeOfDay(at, nowMs.value);
  return (
    <time class="time" dateTime={at} title={fullTime(at)}>
      {text}
    </time>
  );
}
