// Configuration versions as the API tells of them.
import type { Value } from "../tuning/documents";

export interface Version {
  version: string;
  parent: string | null;
  author: string;
  note: string;
  /** The content's hash, where it is more than the version itself. */
  hash?: string;
  stored_at: string;
  current: boolean;
  applied: { since: string; until: string | null; by?: string }[];
  scheduled_at: string | null;
}

export interface ChangedPath {
  path: string;
  before: Value;
  after: Value;
  unit?: string;
}

export interface VersionDiff {
  lines: string[];
  paths: ChangedPath[];
}

export interface Inherited {
  path: string;
  value: Value;
  from: string;
  unit?: string;
}

export type LineKind = "added" | "gone" | "place" | "same";

/** What a line of a unified diff is. Pure. */
export function kindOf(line: string): LineKind {
  if (line.startsWith("@@") || line.startsWith("+++") || line.startsWith("---")) return "place";
  if (line.startsWith("+")) return "added";
  if (line.startsWith("-")) return "gone";
  return "same";
}
