// What an operator does with an incident: one order each, told when done with a way back, refused in words.
import { post } from "../api/http";
import { me } from "../api/session";
import type { Alert } from "../api/types";
import { t } from "../i18n";
import { refused, told } from "../ui/toast";
import { accept } from "./live";

async function order(id: string, what: string, body?: unknown): Promise<Alert> {
  const alert = await post<Alert>(`alerts/${id}/${what}`, body);
  accept(alert);
  return alert;
}

/** Carry out an order, say that it is done and offer `back`; a refusal is shown. Return whether it was done. */
async function carryOut(id: string, what: string, body: unknown, said: string, back: string | null): Promise<boolean> {
  try {
    await order(id, what, body);
    const undo = back ? { label: t("board.undo"), run: () => void order(id, back).catch(refused) } : null;
    told(said, undo);
    return true;
  } catch (error) {
    refused(error);
    return false;
  }
}

export function acknowledge(alert: Alert): Promise<boolean> {
  return carryOut(alert.id, "acknowledge", undefined, t("board.acknowledged"), "unacknowledge");
}

export function unacknowledge(alert: Alert): Promise<boolean> {
  return carryOut(alert.id, "unacknowledge", undefined, t("board.unacknowledged"), null);
}

export function shelve(alert: Alert, how: { for_s: number } | { until: string }, reason: string): Promise<boolean> {
  return carryOut(alert.id, "shelve", { ...how, reason }, t("board.shelved-done"), "unshelve");
}

export function unshelve(alert: Alert): Promise<boolean> {
  return carryOut(alert.id, "unshelve", undefined, t("board.unshelved"), null);
}

export function judge(alert: Alert, is: "real" | "false_alarm", reason: string | null): Promise<boolean> {
  const said = t(is === "real" ? "board.judged-real" : "board.judged-false");
  return carryOut(alert.id, "verdict", { is, reason }, said, "unverdict");
}

export function unjudge(alert: Alert): Promise<boolean> {
  return carryOut(alert.id, "unverdict", undefined, t("board.unjudged"), null);
}

export function assign(alert: Alert, to: string | null): Promise<boolean> {
  const said = to === null ? t("board.unassigned") : to === me() ? t("board.taken") : t("board.assigned", { to });
  return carryOut(alert.id, "assign", { to }, said, null);
}
