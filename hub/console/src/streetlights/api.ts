// What the API tells of streetlights, and what of it is trouble.
import { get } from "../api/http";
import type { Severity } from "../api/types";
import type { LngLat } from "../map/gcj02";

export const STATES = ["burning", "dark", "unclear", "silent", "unheard"] as const;
export type LampState = (typeof STATES)[number];

export interface Circuit {
  id: string;
  name: string;
  grid: string;
  gateway: string | null;
  lamps: number;
  states: Partial<Record<LampState, number>>;
  should_burn: boolean | null;
  by: "the sun" | "the schedule";
  until: string;
  power_w: number | null;
  newest_at: string | null;
  place: [number, number] | null;
  severity: Severity | null;
  alerts: string[];
}

export interface Lamp {
  id: string;
  name: string;
  state: LampState;
  power_w: number | null;
  rated_power_w: number | null;
  lamp_on: boolean | null;
  at: string | null;
  place: LngLat | null;
  alerts: string[];
}

export function readCircuits(signal: AbortSignal): Promise<{ at: string; items: Circuit[] }> {
  return get("streetlights", { signal });
}

export function readLamps(circuit: string, signal: AbortSignal): Promise<{ circuit: Circuit; lamps: Lamp[] }> {
  return get(`streetlights/${encodeURIComponent(circuit)}`, { signal });
}

/** Return how many lamps are not as they should be: dark where they should burn, or the other way round. */
export function wrongLamps(circuit: Circuit): number {
  if (circuit.should_burn === null) return 0;
  return (circuit.should_burn ? circuit.states.dark : circuit.states.burning) ?? 0;
}

/** Return how many lamps nothing is known of. */
export function unknownLamps(circuit: Circuit): number {
  return (circuit.states.silent ?? 0) + (circuit.states.unheard ?? 0);
}

/** Return a colour of the theme for a circuit: what is wrong with it, or how it is. */
export function toneOf(circuit: Circuit): string {
  if (circuit.severity) return circuit.severity;
  const half = circuit.lamps / 2;
  if (unknownLamps(circuit) > half) return "faint";
  if (wrongLamps(circuit) > half) return "major";
  return (circuit.states.burning ?? 0) > half ? "lamp-burning" : "lamp-dark";
}

/** Put what wants attention first: the worst alert, then the most lamps that are wrong or unknown. */
export function byTrouble(a: Circuit, b: Circuit): number {
  const order = ["critical", "major", "minor", "warning", null];
  return (
    order.indexOf(a.severity) - order.indexOf(b.severity) ||
    wrongLamps(b) - wrongLamps(a) ||
    unknownLamps(b) - unknownLamps(a) ||
    a.id.localeCompare(b.id)
  );
}

export function totals(circuits: readonly Circuit[]): Record<LampState, number> & { wrong: number; powerW: number } {
  const found = { burning: 0, dark: 0, unclear: 0, silent: 0, unheard: 0, wrong: 0, powerW: 0 };
  for (const circuit of circuits) {
    for (const state of STATES) found[state] += circuit.states[state] ?? 0;
    found.wrong += wrongLamps(circuit);
    found.powerW += circuit.power_w ?? 0;
  }
  return found;
}
