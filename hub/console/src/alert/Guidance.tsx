// What the operator must do: the rule's consequence and action, and how much of the response time is left.
import { rules } from "../api/city";
import type { Alert } from "../api/types";
import { language, t } from "../i18n";
import { isDealtWith } from "../board/order";
import { nowMs } from "../ui/ticking";
import { span } from "../ui/time";

export function Guidance({ alert }: { alert: Alert }) {
  const rule = rules.value.get(alert.rule);
  if (!rule) return null;
  const limitMs = rule.respond_within_s * 1000;
  const leftMs = Date.parse(alert.raised_at) + limitMs - nowMs.value;
  const dealt = isDealtWith(alert, nowMs.value) || alert.condition === "cleared";
  return (
    <div class="guidance">
      <p class="guidance-do">
        <span>{t("alert.action")}</span>
        {rule.action[language.value]}
      </p>
      <p class="guidance-else">
        <span>{t("alert.consequence")}</span>
        {rule.consequence[language.value]}
      </p>
      <p class={`guidance-time${!dealt && leftMs < 0 ? " late" : ""}`}>
        {t("alert.respond", { span: span(limitMs) })} ·{" "}
        <strong>
          {dealt
            ? t("alert.responded")
            : leftMs < 0
              ? t("alert.overdue", { span: span(-leftMs) })
              : t("alert.left", { span: span(leftMs) })}
        </strong>
      </p>
    </div>
  );
}
