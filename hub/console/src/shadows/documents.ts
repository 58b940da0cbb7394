// Shadows as the API tells of them.
import type { Compared } from "../tuning/documents";

export type ShadowState = "running" | "canary" | "promoted" | "rolled_back" | "ended";

export interface Shadow {
  id: string;
  version: string;
  base_version: string | null;
  grids: string[];
  note: string;
  by: string;
  state: ShadowState;
  started_at: string;
  until: string | null;
  ended_at: string | null;
  rolled_back_at: string | null;
  /** Why it ended. */
  why: string | null;
  followed_until: string;
  lag_s: number | null;
  problem: string | null;
  alarms: { base: number; candidate: number };
  alarms_per_hour: { base: number; candidate: number } | null;
  canary: {
    grids: string[];
    since: string;
    by: string;
    limits: Record<string, number | null>;
    per_hour_before: number | null;
  } | null;
}

/** One shadow with what differs so far, and what happened to it. */
export interface ShadowDetail extends Shadow {
  diff: Compared | null;
  is_cut: boolean;
  hours: { at: string; base: number; candidate: number }[];
  timeline: { at: string; what: string; by: string }[];
}

export const TONES: Readonly<Record<ShadowState, string>> = {
  running: "accent",
  canary: "warn",
  promoted: "good",
  rolled_back: "bad",
  ended: "",
};
