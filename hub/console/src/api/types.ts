// The documents of the API as far as the console reads them; docs/api.md describes each.

export type Severity = "critical" | "major" | "minor" | "warning";
export const SEVERITIES: readonly Severity[] = ["critical", "major", "minor", "warning"];

export interface Reason {
  text: string;
  [name: string]: string | number | boolean | null;
}

export interface Picture {
  url: string;
  sha256: string;
  at: string;
  kind: string;
}

export interface Alert {
  id: string;
  rule: string;
  severity: Severity;
  condition: "active" | "cleared";
  acknowledged: boolean;
  acknowledged_by: string | null;
  acknowledged_at: string | null;
  shelved_until: string | null;
  shelve_reason: string | null;
  grid: string;
  subject: string;
  since: string;
  raised_at: string;
  cleared_at: string | null;
  reason: Reason;
  clear_reason: Reason | null;
  config_version: string;
  members: string[];
  camera: string | null;
  place: [number, number, number, number] | null;
  previous: string | null;
  flapping: boolean;
  inhibited_by: string | null;
  revision: number;
  evidence: Picture[];
  evidence_missing: { kind: string; at: string; why: string }[];
  /** Who has taken the alert upon themselves; absent in records written before this was known. */
  owner?: string | null;
  verdict?: Verdict | null;
}

export interface Verdict {
  is: "real" | "false_alarm";
  by: string;
  at: string;
  reason: string | null;
}

export type Stage =
  | "collected"
  | "filed"
  | "dispatched"
  | "handling"
  | "done"
  | "verified"
  | "closed"
  | "not_filed"
  | "voided"
  | "merged";

/** A case as hub/cases/document.py writes it; only what is common to every page. */
export interface Case {
  id: string;
  number: string;
  title: string;
  stage: Stage;
  grid: string;
  severity: Severity;
  rule: string | null;
  subject: string | null;
  department: string | null;
  squad: string | null;
  alerts: string[];
  due_at: string | null;
  overdue: boolean;
  revision: number;
  [name: string]: unknown;
}

export interface FeedItem {
  seq: number;
  type: string;
  at: string;
  alert?: Alert;
  case?: Case;
}

export interface Grid {
  id: string;
  name: string;
  district: string;
}

export interface City {
  name: string;
  timezone: string;
  latitude: number;
  longitude: number;
  now: string;
  version: string;
  config_version: string;
  grids: Grid[];
}

export interface Words {
  zh: string;
  en: string;
}

export interface Rule {
  rule: string;
  title_zh: string;
  title_en: string;
  severity: Severity;
  meaning: string;
  consequence: Words;
  action: Words;
  respond_within_s: number;
  enabled: boolean;
}

export interface Page<T> {
  items: T[];
  next: string | null;
}
