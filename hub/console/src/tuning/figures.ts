// Scores, values and runs as words in the chosen language.
import { ruleTitle } from "../api/city";
import { number, percent } from "../health/figures";
import { language, t } from "../i18n";
import { said } from "../i18n/said";
import { exactly, span } from "../ui/time";
import { thresholdName } from "../workbench/tunables";
import type { Changes, Estimate, EstimateName, Question, Scores, Value } from "./documents";

const SHARES: readonly string[] = ["precision", "recall", "f1"];

export function figureOf(name: EstimateName, value: number | null | undefined): string {
  if (value === null || value === undefined) return "—";
  if (SHARES.includes(name)) return percent(value);
  if (name === "delay_s") return value < 0 ? `−${exactly(-value * 1000)}` : exactly(value * 1000);
  return number(value, value < 10 ? 2 : 1);
}

/** The interval of an estimate, "" where there is none. */
export function intervalOf(name: EstimateName, estimate: Estimate | undefined): string {
  if (!estimate || estimate.value === null || estimate.low === null || estimate.high === null) return "";
  return `${figureOf(name, estimate.low)} – ${figureOf(name, estimate.high)}`;
}

/** Why there is no number, in the page's language. */
export function whyNot(scores: Scores): string {
  return said(scores.why_not ?? "");
}

export function valueOf(value: Value | undefined): string {
  if (value === null || value === undefined) return "—";
  if (typeof value === "boolean") return t(value ? "rules.yes" : "rules.no");
  return typeof value === "number" ? number(value, 4) : value;
}

export function changesInWords(changes: Changes): string {
  return Object.entries(changes)
    .map(([path, value]) => `${path} = ${valueOf(value)}`)
    .join(language.value === "zh" ? "，" : ", ");
}

/** What a run asks about, as far as its arguments tell. */
export function aboutOf(given: Record<string, unknown>): string {
  const question = given["question"] as Partial<Question> | undefined;
  const rules = question?.rules ?? (typeof given["rule"] === "string" ? [given["rule"]] : []);
  const subjects = question?.subjects ?? (typeof given["subject"] === "string" ? [given["subject"]] : []);
  const moved = [given["axes"], given["paths"]].flatMap((list) =>
    Array.isArray(list) ? (list as { path?: string }[]) : [],
  );
  const paths = [
    ...moved.flatMap((one) => one.path ?? []),
    ...Object.keys(((given["candidate"] as typeof given | undefined) ?? given)["changes"] ?? {}),
  ];
  return [...rules.map(ruleTitle), ...subjects, paths.map(thresholdName).join(" × ")].filter(Boolean).join(" · ");
}

/** How long a run took: to the hundredth where it was quick. */
export function tookOf(s: number): string {
  return s < 10 ? `${number(s, 2)} s` : span(s * 1000);
}
