// Which tone sounds, and when: what came since we last listened in, at most one tone out. Pure.
import { SEVERITIES, type Severity } from "../api/types";

export const AGAIN_MS = 60_000; // a critical alert that nobody acknowledges sounds again
export const MUTED_MS = 30 * 60_000; // muting ends by itself, so that nobody forgets it

/** The severities that sound; a warning is only seen. */
const SOUNDING: readonly Severity[] = ["critical", "major", "minor"];

export interface Alarm {
  /** When a tone last sounded, 0 for never. */
  soundedAt: number;
  mutedUntil: number;
}

export const QUIET: Alarm = { soundedAt: 0, mutedUntil: 0 };

export interface Heard {
  /** Severities of the incidents that came since we last listened and wait for a word. */
  came: readonly Severity[];
  /** Whether a critical one waits for a word. */
  criticalWaits: boolean;
}

/** Return the alarm after `now`, and the tone to sound: the worst of what came, or the critical one again. */
export function listen(alarm: Alarm, heard: Heard, now: number): [Alarm, Severity | null] {
  const worst = SEVERITIES.find((severity) => heard.came.includes(severity)) ?? null;
  let tone = worst && SOUNDING.includes(worst) ? worst : null;
  if (!tone && heard.criticalWaits && now - alarm.soundedAt >= AGAIN_MS) tone = "critical";
  if (now < alarm.mutedUntil || !tone) return [alarm, null];
  return [{ ...alarm, soundedAt: now }, tone];
}

export function mute(alarm: Alarm, now: number): Alarm {
  return { ...alarm, mutedUntil: now < alarm.mutedUntil ? 0 : now + MUTED_MS };
}
