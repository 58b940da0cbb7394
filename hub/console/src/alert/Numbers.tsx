// The numbers of an alert's reason, each with its name and unit; thresholds stand out.
import type { Reason } from "../api/types";
import { numberName } from "./quantities";
import { isLimit, shown } from "./shown";

export function Numbers({ reason }: { reason: Reason }) {
  const entries = Object.entries(reason).filter(([name, value]) => name !== "text" && value !== null && value !== "");
  if (entries.length === 0) return null;
  return (
    <dl class="numbers">
      {entries.map(([name, value]) => (
        <div key={name} class={isLimit(name) ? "limit" : ""}>
          <dt>{numberName(name)}</dt>
          <dd>{shown(name, value)}</dd>
        </div>
      ))}
    </dl>
  );
}
