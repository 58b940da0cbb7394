// The documents of tuning as the pages read them; docs/tuning.md tells what each figure means.
import type { Severity } from "../api/types";

export type Value = number | string | boolean | null;
/** What a candidate changes: dotted paths of detectors.yaml, or `zone:<id>.dwell_s`, with their values. */
export type Changes = Readonly<Record<string, Value>>;

export interface Question {
  rules: string[] | null;
  grids: string[] | null;
  subjects: string[] | null;
  since: string;
  until: string;
}

export type Verdict = "true" | "false" | "missed";

/** One alert as a judging gives it. */
export interface Raised {
  alert_id: string;
  rule: string;
  subject: string;
  grid: string;
  zone_id: string | null;
  camera_id: string | null;
  since: string;
  raised_at: string;
  cleared_at: string | null;
  severity: Severity;
  reason: string;
  clear_reason: string | null;
  /** The numbers of `clear_reason`. */
  clear_numbers?: Readonly<Record<string, string | number | boolean | null>>;
  numbers: Readonly<Record<string, Value>>;
  box: [number, number, number, number] | null;
  label: Verdict | null;
  recorded_alert_id: string | null;
}

/** A figure with its 95 % interval, and how many labels it rests on. */
export interface Estimate {
  value: number | null;
  low: number | null;
  high: number | null;
  n: number;
  why?: string | null;
  why_not?: string | null;
}

export const ESTIMATES = [
  "precision",
  "recall",
  "f1",
  "delay_s",
  "false_per_camera_day",
  "false_per_device_month",
  "alarms_per_operator_hour",
] as const;
export type EstimateName = (typeof ESTIMATES)[number];

export type Scores = Readonly<Record<EstimateName, Estimate>> & {
  labels: Readonly<Record<Verdict, number>>;
  isa_limit: { acceptable: number; most: number };
  enough: boolean;
  why_not: string | null;
};

export interface Judged {
  raised: Raised[];
  scores?: Scores | null;
  version: string;
  limits: string[];
}

export interface Axis {
  path: string;
  values: number[];
}

export interface Cell {
  values: number[];
  /** null where the combination is no configuration: `problem` says why. */
  scores: Scores | null;
  raised: number | null;
  /** By labels, each counted for what it stands for. */
  false_alarms: number | null;
  missed: number | null;
  problem: string | null;
}

export interface Swept {
  axes: Axis[];
  cells: Cell[];
  current: { values: (number | null)[] };
  front: number[];
  curve: { threshold: number; cell: number; precision: number; recall: number }[];
  histogram: { path: string; edges: number[]; true: number[]; false: number[]; unlabelled: number[] } | null;
  limits: string[];
}

export interface Found {
  best: { changes: Changes; scores: Scores | null } | null;
  explained: Told[];
  tried: { changes: Changes; scores: Scores | null }[];
  reached: boolean;
  limits: string[];
}

export interface Compared {
  base_version: string;
  candidate_version: string;
  appeared: Raised[];
  vanished: Raised[];
  moved: { base: Raised; candidate: Raised; by_s: number }[];
  severity: { base: Raised; candidate: Raised }[];
  same: number;
}

export interface TraceLane {
  name: string;
  unit: string;
  points: [string, number | null][];
  limit: number | null;
  /** `path` is the threshold that sets it, "" where none does. */
  limits: { name: string; limit: number; path?: string }[];
}

/** A sentence in both languages. */
export interface Told {
  text_zh: string;
  text_en: string;
}

/** One threshold, or two together, with which the answer is the other one. */
export interface WhatIf extends Told {
  changes: { path: string; unit: string; value: number; to: number }[];
  raised_at: string | null;
}

export interface Traced {
  lanes: TraceLane[];
  states: {
    since: string;
    until: string;
    state: "quiet" | "pending" | "raised" | "clearing" | "withheld";
    words: string;
    words_zh: string;
    thing: string;
    counted_s: number;
    needed_s: number;
  }[];
  predicates: {
    at: string;
    name: string;
    holds: boolean;
    value: Value;
    limit: Value;
    unit: string;
    path: string;
    text: string;
    text_zh: string;
  }[];
  is_raised: boolean;
  facts: Told[];
  what_if: WhatIf[];
  what_if_complete: boolean;
  what_if_tried: { thresholds: number; pairs: number };
  raised: {
    alert_id: string;
    recorded_alert_id: string | null;
    raised_at: string;
    severity: Severity;
    subject: string;
  }[];
  limits: string[];
  why: string;
  text_zh: string;
  text_en: string;
}

export interface Label {
  id: string;
  rule: string;
  subject: string;
  grid: string;
  since: string;
  until: string | null;
  verdict: Verdict;
  reason: string;
  source: "verdict" | "drawn" | "diff" | "sample" | "import";
  weight: number;
  by: string;
  at: string;
  alert: string | null;
}

export interface Threshold {
  path: string;
  value: Value;
  default: Value;
  unit: string;
  low: number | null;
  high: number | null;
  meaning: string;
  meaning_zh?: string;
  source: string;
}

export interface RuleDocument {
  rule: string;
  enabled: boolean;
  severity: Severity;
  meaning: string;
  thresholds: Threshold[];
}
