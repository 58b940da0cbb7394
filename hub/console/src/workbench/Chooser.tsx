// What is looked at: a rule, the devices, circuits or zones, and the span; written into the page's address.
import { hubNow, ruleTitle } from "../api/city";
import { t } from "../i18n";
import { DAY_MS, placeOf, type Work } from "../tuning/address";
import type { RuleDocument } from "../tuning/documents";
import { Icon } from "../ui/Icon";
import { fromLocal, toLocal } from "../ui/localTime";
import { Subject } from "../ui/Subject";
import { PlacePicker } from "./PlacePicker";
import type { Place } from "./places";

interface ChooserProps {
  work: Work;
  rules: readonly RuleDocument[];
  places: readonly Place[];
  onChange: (work: Work) => void;
}

const PRESETS = [1, 7, 30] as const;

export function Chooser({ work, rules, places, onChange }: ChooserProps) {
  const add = (subject: string) => {
    const wanted = placeOf(subject);
    if (wanted && !work.subjects.includes(wanted)) onChange({ ...work, subjects: [...work.subjects, wanted] });
  };
  const preset = PRESETS.find((days) => work.until - work.since === days * DAY_MS);
  const setSpan = (part: "since" | "until", text: string) => {
    const at = fromLocal(text);
    if (at === null) return;
    const next = { ...work, [part]: at };
    if (next.since < next.until) onChange(next);
  };
  return (
    <div class="chooser">
      <div class="field">
        <label for="work-rule">{t("tuning.rule")}</label>
        <select
          id="work-rule"
          value={work.rule}
          onChange={(event) => onChange({ ...work, rule: event.currentTarget.value, subjects: [], changes: {} })}
        >
          <option value="">{t("tuning.choose-rule")}</option>
          {rules.map((rule) => (
            <option key={rule.rule} value={rule.rule}>
              {ruleTitle(rule.rule)} · {rule.rule}
            </option>
          ))}
        </select>
      </div>
      <div class="field chooser-subjects">
        <label for="work-subject">{t("tuning.subjects")}</label>
        <PlacePicker id="work-subject" places={places} chosen={work.subjects} onPick={add} />
        {work.subjects.length > 0 && (
          <ul class="chips">
            {work.subjects.map((subject) => (
              <li key={subject}>
                <button
                  type="button"
                  class="tag accent"
                  onClick={() => onChange({ ...work, subjects: work.subjects.filter((one) => one !== subject) })}
                >
                  <span class="visually-hidden">{t("tuning.remove", { name: "" })}</span>
                  <Subject id={subject} />
                  <Icon name="close" size={11} />
                </button>
              </li>
            ))}
          </ul>
        )}
      </div>
      <div class="field chooser-span">
        <span class="label">{t("tuning.span")}</span>
        <div class="choices">
          {PRESETS.map((days) => (
            <button
              key={days}
              type="button"
              class="button"
              aria-pressed={preset === days}
              onClick={() => {
                const until = Math.min(hubNow(), Math.max(work.until, work.since + days * DAY_MS));
                const end = preset ? work.until : until;
                onChange({ ...work, since: end - days * DAY_MS, until: end });
              }}
            >
              {t(days === 1 ? "health.day" : days === 7 ? "health.week" : "health.month")}
            </button>
          ))}
          <input
            type="datetime-local"
            aria-label={t("tuning.since")}
            value={toLocal(work.since)}
            onChange={(event) => setSpan("since", event.currentTarget.value)}
          />
          <input
            type="datetime-local"
            aria-label={t("tuning.until")}
            value={toLocal(work.until)}
            onChange={(event) => setSpan("until", event.currentTarget.value)}
          />
        </div>
      </div>
    </div>
  );
}
