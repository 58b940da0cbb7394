// The documents of the runs `files`, `weights` and `dataset` as the page reads them; docs/tuning.md tells what each means.
import type { Compared, Scores, Verdict } from "../tuning/documents";

interface File {
  name: string;
  bytes: number;
  changed_at: string;
}

/** What the tuning role may read, by name. */
export interface Files {
  folder: string;
  recordings: (File & { length_s: number | null; camera: string | null; start: string | null })[];
  weights: (File & { problem: string | null })[];
  detections: (File & { camera: string | null; since: string | null; until: string | null })[];
  /** Why this role cannot watch a recording; null where it can. */
  cannot_watch: string | null;
}

export interface Side {
  name: string;
  raised: number;
  frames: number;
  boxes: number;
  cost: { cpu_s_per_video_s: number | null; median_inference_ms: number | null } | null;
  scores: Scores | null;
  sha256?: string;
}

export interface Differences extends Compared {
  base: Side;
  candidate: Side;
  camera: string;
  since: string;
  until: string;
  recording?: string;
  /** The picture of each difference by its alert, in the run's file. */
  pictures?: Readonly<Record<string, { file: string; at: string }>>;
}

export const COUNTS = [
  "pictures",
  "train",
  "val",
  "negatives",
  "confirmed",
  "assumed",
  "to_draw",
  "to_look_at",
  "left_out",
] as const;

export interface Made {
  counts: Readonly<Record<(typeof COUNTS)[number], number>>;
  classes: string[];
  left_out: Readonly<Record<string, number>>;
  parted_by: string;
  warnings: string[];
  manifest_sha256: string;
  bytes: number;
}

export interface Picture {
  image: string;
  split: "train" | "val";
  camera: string;
  captured_at: string;
  verdict: Verdict;
  boxes: { label: string; origin: "confirmed" | "assumed"; box: [number, number, number, number] }[];
  to_look_at: boolean;
}

/** One file out of the ZIP that a run made. */
export function memberOf(run: string, name: string): string {
  return `/api/v1/tuning/runs/${run}/file/${name.split("/").map(encodeURIComponent).join("/")}`;
}

export function fileOf(run: string): string {
  return `/api/v1/tuning/runs/${run}/file`;
}

/** 3.4 MB */
export function sizeOf(bytes: number): string {
  const units = ["B", "kB", "MB", "GB"];
  let at = 0;
  let left = bytes;
  while (left >= 1000 && at < units.length - 1) {
    left /= 1000;
    at += 1;
  }
  return `${left >= 10 || at === 0 ? Math.round(left) : left.toFixed(1)} ${units[at]}`;
}
