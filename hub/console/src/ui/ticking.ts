// The hub's present instant as signals: one timer for the whole page, however much depends on it.
import { signal } from "@preact/signals";
import { hubNow } from "../api/city";

/** Milliseconds since 1970 by the hub's clock, anew every second. */
export const nowMs = signal(hubNow());

let timer: ReturnType<typeof setTimeout> | undefined;

/** Begin to tick, at the full second so that every clock of the page turns together. */
export function tick(): void {
  clearTimeout(timer);
  nowMs.value = hubNow();
  timer = setTimeout(tick, 1000 - (hubNow() % 1000) + 2);
}
