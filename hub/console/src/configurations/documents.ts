// Configuration versions as the API tells of them.
import { t } from "../i18n";
import type { Value } from "../tuning/documents";

export interface Version {
  version: string;
  parent: string | null;
  author: string;
  note: string;
  source: "proposed" | "imported" | "file" | "seen";
  brought_by: string | null;
  stored_at: string;
  in_force: boolean;
  applied: { since: string; until: string | null; by: string; note: string; how: string }[];
  planned: Planned[];
  /** The configurations, with a city, that alerts of it name. */
  config_versions: string[];
  overrides: string[];
}

export interface Planned {
  schedule: number;
  version: string;
  at: string;
  by: string;
  note: string;
  state: "waiting" | "applied" | "refused" | "missed" | "withdrawn";
  why: string | null;
}

export interface VersionList {
  items: Version[];
  next: string | null;
  in_force: string | null;
  /** What a roll-back would put into force. */
  roll_back_to: string | null;
  file: string;
  writable: boolean;
  why_not_writable: string | null;
}

/** What is to be applied by itself, if anything. */
export function planOf(version: Version): Planned | null {
  return version.planned.find((one) => one.state === "waiting") ?? null;
}

export function authorOf(author: string): string {
  return author === "file" ? t("configurations.by-file") : author;
}

export interface ChangedPath {
  path: string;
  before: Value;
  after: Value;
  unit: string;
  meaning: string;
  meaning_zh: string;
  override: string | null;
}

export interface VersionDiff {
  lines: string[];
  changes: ChangedPath[];
}

export type LineKind = "added" | "gone" | "place" | "same";

/** What a line of a unified diff is. Pure. */
export function kindOf(line: string): LineKind {
  if (line.startsWith("@@") || line.startsWith("+++") || line.startsWith("---")) return "place";
  if (line.startsWith("+")) return "added";
  if (line.startsWith("-")) return "gone";
  return "same";
}
