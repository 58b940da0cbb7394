// The thresholds that can be moved for what is looked at: a rule's, with values as they count there, and a zone's own stay.
import { quantityName, unitOf } from "../alert/quantities";
import { get } from "../api/http";
import { language, t, words } from "../i18n";
import type { Work } from "../tuning/address";
import type { RuleDocument, Value } from "../tuning/documents";
import { useResource } from "../ui/resource";
import type { Tunable } from "./Sliders";

interface Step {
  source: "default" | "file" | "override" | "zone";
  name: string;
  value: Value;
}

export interface Inherited {
  path: string;
  value: Value;
  /** Where it comes from, in words. */
  source: string;
  unit: string;
  /** The values on the way to the one that counts. */
  steps: Step[];
}

/** Where the value that counts comes from: "default", "file", "zone", or an override's name. */
export function originOf(one: Inherited): string {
  const last = one.steps.at(-1);
  if (!last) return "default";
  return last.source === "override" ? last.name || last.source : last.source;
}

interface Zone {
  id: string;
  name?: string;
  dwell_s?: number | null;
}

const RANGE = /^ranges\.(\w+)\.(low|high)$/;

/** A threshold's name: in the console's words where it has some, else the end of its path. */
export function thresholdName(path: string): string {
  const name = path.split(".").slice(2).join(".") || path;
  const [, quantity, end] = RANGE.exec(name) ?? [];
  if (quantity) return t(`workbench.range-${end as "low" | "high"}`, { quantity: quantityName(quantity) });
  return words(`tuning.threshold.${name}`, name.replaceAll("_", " "));
}

/** The unit, that of the quantity where a threshold is an end of its range. */
function unitOfThreshold(one: { path: string; unit: string }): string {
  const quantity = RANGE.exec(one.path.split(".").slice(2).join("."))?.[1];
  return quantity ? unitOf(quantity) : one.unit;
}

export function useTunables(
  rule: RuleDocument,
  work: Work,
  zones: readonly Zone[],
): { items: Tunable[]; problem: string } {
  const [subject] = work.subjects;
  const inherited = useResource(
    (signal) =>
      subject
        ? get<{ items: Inherited[] }>("configurations/inheritance", { query: { subject }, signal })
        : Promise.resolve(null),
    [subject],
  );
  const from = new Map((inherited.value?.items ?? []).map((one) => [one.path, one]));
  const items = rule.thresholds
    .filter((one) => typeof one.value === "number" || typeof one.value === "boolean")
    .map((one): Tunable => {
      const here = from.get(one.path);
      return {
        ...one,
        name: thresholdName(one.path),
        unit: unitOfThreshold(one),
        meaning: language.value === "zh" ? (one.meaning_zh ?? one.meaning) : one.meaning,
        value: here ? here.value : one.value,
        from: here ? originOf(here) : one.value === one.default ? "default" : "file",
      };
    });
  // What is merely switched on or off comes after what is measured.
  items.sort((a, b) => Number(typeof a.value === "boolean") - Number(typeof b.value === "boolean"));
  for (const id of work.subjects) {
    const zone = zones.find((one) => one.id === id);
    if (typeof zone?.dwell_s !== "number") continue;
    items.unshift({
      path: `zone:${zone.id}.dwell_s`,
      name: words("tuning.zone-dwell").replace("{zone}", zone.name || zone.id),
      value: zone.dwell_s,
      default: zone.dwell_s,
      unit: "s",
      low: 1,
      high: 86_400,
      meaning: words("tuning.zone-dwell-about"),
      source: "",
      from: "zone",
    });
  }
  return { items, problem: inherited.problem?.detail ?? "" };
}
