// Severity by colour, shape and word at once, so that none of them alone has to be seen.
import type { Severity } from "../api/types";
import { words } from "../i18n";

const SHAPES: Record<Severity, string> = {
  critical: "M8 .8 15.2 8 8 15.2.8 8Z", // a diamond
  major: "M8 1.2 15.2 14.4H.8Z", // a triangle
  minor: "M2 2h12v12H2z", // a square
  warning: "M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13Z", // a circle
};

export function SeverityShape({
  severity,
  size = 12,
  hollow = false,
}: {
  severity: Severity;
  size?: number;
  hollow?: boolean;
}) {
  return (
    <svg
      class={`severity-shape ${severity}${hollow ? " hollow" : ""}`}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      aria-hidden="true"
    >
      <path d={SHAPES[severity]} />
    </svg>
  );
}

export function SeverityMark({ severity, hollow = false }: { severity: Severity; hollow?: boolean }) {
  return (
    <span class={`severity ${severity}`}>
      <SeverityShape severity={severity} hollow={hollow} />
      <span>{words(`ui.severity.${severity}`)}</span>
    </span>
  );
}
