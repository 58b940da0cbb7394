// What is traced, as its address says it; and the first question to ask of a place. Pure.
import { type Changes } from "../tuning/documents";

export interface Asked {
  rule: string;
  subject: string;
  /** ISO 8601 */
  at: string;
}

export function traceOf(asked: Asked, changes: Changes = {}): string {
  const query = new URLSearchParams({ rule: asked.rule, subject: asked.subject, at: asked.at });
  for (const [path, value] of Object.entries(changes)) query.append("set", `${path}=${JSON.stringify(value)}`);
  return `/tuning/trace?${query}`;
}

const MINUTE_MS = 60_000;

/** The minute that has just begun: a clock a little ahead of the hub's would ask for a moment that has not come. */
function minuteOf(ms: number): string {
  return new Date(Math.floor(ms / MINUTE_MS) * MINUTE_MS).toISOString();
}

const FIRST: Readonly<Record<string, string>> = {
  water: "water.pressure",
  gas: "gas.leak",
  drainage: "drainage.level",
  streetlight: "streetlight.lamp_out",
  circuit: "streetlight.circuit_out",
  gateway: "device.silent",
};

/** Return the trace of a device's most usual rule at a moment; another rule is chosen on that page. */
export function traceOfDevice(kind: string, id: string, ms: number): string {
  return traceOf({ rule: FIRST[kind] ?? "device.silent", subject: id, at: minuteOf(ms) });
}

/** Return the trace of what a camera is there for: vehicles, stalls, or itself where it has no such zone. */
export function traceOfCamera(id: string, zones: readonly { kind: string }[], ms: number): string {
  const rule = zones.some((zone) => zone.kind === "no_parking")
    ? "parking.illegal"
    : zones.some((zone) => zone.kind === "no_stall" || zone.kind === "permitted_stall")
      ? "stall.unlicensed"
      : "camera.lost";
  return traceOf({ rule, subject: id, at: minuteOf(ms) });
}
