// What was recorded, judged and said as the timeline's lanes. Pure.
import { quantityName, unitOf } from "../alert/quantities";
import type { Severity } from "../api/types";
import { language, t, words } from "../i18n";
import { fullTime, span } from "../ui/time";
import type { Bar, BarLane, CurveLane, Lane } from "../workbench/draw";
import { linesOf, type Moved, NOTHING_MOVED } from "../workbench/limits";
import type { Label, Raised, Traced, Verdict } from "./documents";

export const VERDICT_TONES: Readonly<Record<Verdict, string>> = { true: "good", false: "critical", missed: "warning" };

interface Told {
  severity: Severity;
  rule: string;
  subject: string;
  since: string;
  raised_at: string;
  cleared_at: string | null;
}

export function alertBar(key: string, alert: Told, until: number, hollow = false): Bar {
  const end = alert.cleared_at ? Date.parse(alert.cleared_at) : until;
  return {
    key,
    from: Date.parse(alert.raised_at),
    to: Math.max(end, Date.parse(alert.raised_at)),
    tone: alert.severity,
    title: `${words(`ui.severity.${alert.severity}`)} · ${alert.subject} · ${t("alert.since")} ${fullTime(alert.since)} · ${t("alert.raised")} ${fullTime(alert.raised_at)}`,
    words: alert.subject,
    open: alert.cleared_at === null,
    hollow,
  };
}

export function raisedBars(raised: readonly Raised[], until: number): Bar[] {
  return raised.map((one) => alertBar(one.alert_id, one, until));
}

export function labelBars(labels: readonly Label[], until: number): Bar[] {
  return labels.map((one) => ({
    key: one.id,
    from: Date.parse(one.since),
    to: one.until ? Date.parse(one.until) : until,
    tone: VERDICT_TONES[one.verdict],
    title: `${words(`tuning.verdict.${one.verdict}`)} · ${one.subject} · ${one.by}${one.reason ? ` · ${one.reason}` : ""}`,
    words: words(`tuning.verdict.${one.verdict}`),
    open: one.until === null,
    hollow: one.source !== "drawn" && one.source !== "diff",
  }));
}

export function lane(key: string, name: string, bars: readonly Bar[], none: string, drawn = false): BarLane {
  return { kind: "bars", key, name, bars, none, drawn };
}

const STATE_TONES: Readonly<Record<Traced["states"][number]["state"], string>> = {
  quiet: "line-strong",
  pending: "minor",
  raised: "major",
  clearing: "good",
  withheld: "warning",
};

/** The lanes of a trace: what was measured with its limits, then the states the detector went through. */
export function traceLanes(traced: Traced, until: number, moved: Moved = NOTHING_MOVED): Lane[] {
  return [...curveLanes(traced, moved), statesLane("states", t("tuning.lane.states"), traced, until)];
}

/** What was measured, with the limits it was held against: those in force, and those of `moved` that are tried. */
export function curveLanes(traced: Traced, moved: Moved): Lane[] {
  return traced.lanes.map((one, index): CurveLane => {
    return {
      kind: "curve",
      key: `trace ${index} ${one.name}`,
      name: words(`tuning.lane.${one.name}`, "") || quantityName(one.name),
      unit: one.unit || unitOf(one.name),
      points: one.points.map(([at, value]) => [Date.parse(at), value] as const),
      lines: linesOf(one.limits, moved),
    };
  });
}

/** The states that the detector went through, as a lane. */
export function statesLane(key: string, name: string, traced: Traced, until: number): Lane {
  const bars = traced.states.map((one, index): Bar => {
    const said = language.value === "zh" ? one.words_zh : one.words;
    const counted =
      one.needed_s > 0
        ? ` · ${t("tuning.counted", { counted: span(one.counted_s * 1000), needed: span(one.needed_s * 1000) })}`
        : "";
    return {
      key: `${key} ${index}`,
      from: Date.parse(one.since),
      to: one.until ? Date.parse(one.until) : until,
      tone: STATE_TONES[one.state],
      title: `${said}${one.thing ? ` · ${one.thing}` : ""} · ${fullTime(one.since)}${counted}`,
      words: said,
      hollow: true,
    };
  });
  return lane(key, name, bars, t("tuning.no-states"));
}

export function whyOf(traced: Traced): string {
  return (language.value === "zh" ? traced.text_zh : traced.text_en) || traced.why;
}
