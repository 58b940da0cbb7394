// One number of a reason in words: its value with its unit, in the console's language.
import { t } from "../i18n";
import { exactly } from "../ui/time";
import { causesName, figure, outageName, unitOf } from "./quantities";

const LIMITS = [
  "threshold",
  "limit",
  "low_",
  "high_",
  "dwell",
  "baseline",
  "before",
  "fall",
  "factor",
  "above",
  "share",
];

/** Tell whether the number is one that was held against, not one that was measured. */
export function isLimit(name: string): boolean {
  return LIMITS.some((limit) => name.startsWith(limit));
}

export function shown(name: string, value: string | number | boolean | null): string {
  if (typeof value === "boolean") return value ? t("alert.yes") : t("alert.no");
  if (name === "causes") return causesName(String(value));
  if (name === "outage") return outageName(String(value));
  if (typeof value !== "number") return String(value);
  const unit = unitOf(name);
  if (unit === "s") return exactly(value * 1000);
  return unit ? `${figure(value)} ${unit}` : figure(value);
}
