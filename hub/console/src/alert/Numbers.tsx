// The numbers of an alert's reason, each with its name and unit; thresholds stand out.
import type { Reason } from "../api/types";
import { t } from "../i18n";
import { span } from "../ui/time";
import { causesName, figure, numberName, unitOf } from "./quantities";

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

export function Numbers({ reason }: { reason: Reason }) {
  const entries = Object.entries(reason).filter(([name, value]) => name !== "text" && value !== null && value !== "");
  if (entries.length === 0) return null;
  return (
    <dl class="numbers">
      {entries.map(([name, value]) => (
        <div key={name} class={LIMITS.some((limit) => name.startsWith(limit)) ? "limit" : ""}>
          <dt>{numberName(name)}</dt>
          <dd>{shown(name, value)}</dd>
        </div>
      ))}
    </dl>
  );
}

function shown(name: string, value: string | number | boolean | null): string {
  if (typeof value === "boolean") return value ? t("alert.yes") : t("alert.no");
  if (name === "causes") return causesName(String(value));
  if (typeof value !== "number") return String(value);
  const unit = unitOf(name);
  if (unit === "s") return span(value * 1000);
  return unit ? `${figure(value)} ${unit}` : figure(value);
}
