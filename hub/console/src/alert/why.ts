// Why an alert stands, in one sentence of the console's language. English is the detector's own sentence; Chinese is
// put together from the same numbers, which stand beside it.
import type { Alert, Reason } from "../api/types";
import { language, t, words } from "../i18n";
import { exactly } from "../ui/time";
import { figure, numberName } from "./quantities";
import { isLimit, shown } from "./shown";

const MEASURED = 4; // numbers of a clear reason that are told

export function why(alert: Pick<Alert, "rule" | "reason">): string {
  return language.value === "en" ? alert.reason.text : chinese(alert.rule, alert.reason) || alert.reason.text;
}

export function whyCleared(alert: Pick<Alert, "clear_reason">): string {
  const reason = alert.clear_reason;
  if (!reason) return "";
  if (language.value === "en") return reason.text;
  const measured = Object.entries(reason).filter(
    ([name, value]) => name !== "text" && value !== null && value !== "" && !isLimit(name),
  );
  const told = measured.slice(0, MEASURED).map(([name, value]) => `${numberName(name)} ${shown(name, value)}`);
  return told.length > 0 ? t("alert.cleared-because", { text: told.join("，") }) : t("alert.cleared-plainly");
}

function chinese(rule: string, reason: Reason): string {
  const rose = Object.keys(reason).some((name) => name.startsWith("rise_") && name !== "rise_l_s");
  const many = typeof reason["members"] === "number";
  const chlorine = "chlorine_mg_l" in reason && !("turbidity_ntu" in reason);
  const variant = rose
    ? ".rise"
    : many
      ? ".many"
      : "expected_kpa" in reason
        ? ".pressure"
        : chlorine
          ? ".chlorine"
          : "outage" in reason
            ? ".told"
            : "";
  const template = words(`alert.why.${rule}${variant}`, "") || words(`alert.why.${rule}`, "");
  if (!template) return "";
  let complete = true;
  const text = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = reason[name];
    if (value === undefined || value === null) {
      complete = false;
      return "";
    }
    if (typeof value !== "number") return shown(name, value);
    return name.endsWith("_s") && !name.endsWith("_l_s") ? exactly(value * 1000) : figure(value);
  });
  return complete ? text : "";
}
