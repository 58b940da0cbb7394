// What is traced: a rule, one place, and a moment; written into the page's address as soon as all three are there.
import { useSignal } from "@preact/signals";
import { hubNow, ruleTitle } from "../api/city";
import { get } from "../api/http";
import { t } from "../i18n";
import { go } from "../router";
import type { Changes, RuleDocument } from "../tuning/documents";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { fromLocal, toLocal } from "../ui/localTime";
import { useResource } from "../ui/resource";
import { Subject } from "../ui/Subject";
import { PlacePicker } from "../workbench/PlacePicker";
import { usePlaces } from "../workbench/places";
import { type Asked, traceOf } from "./address";

export function Asker({ asked, changes }: { asked: Asked; changes: Changes }) {
  const rule = useSignal(asked.rule);
  const subject = useSignal(asked.subject);
  const at = useSignal(
    Number.isNaN(Date.parse(asked.at)) ? Math.floor(hubNow() / 60_000) * 60_000 : Date.parse(asked.at),
  );
  const rules = useResource((signal) => get<{ items: RuleDocument[] }>("rules", { signal }), []);
  const { places } = usePlaces(rule.value);
  const ask = () => {
    if (rule.value && subject.value)
      go(traceOf({ rule: rule.value, subject: subject.value, at: new Date(at.value).toISOString() }, changes));
  };
  return (
    <form
      class="chooser trace-asker"
      onSubmit={(event) => {
        event.preventDefault();
        ask();
      }}
    >
      <div class="field">
        <label for="trace-rule">{t("tuning.rule")}</label>
        <select
          id="trace-rule"
          value={rule.value}
          onChange={(event) => {
            const next = event.currentTarget.value;
            if (next.split(".")[0] !== rule.value.split(".")[0]) subject.value = "";
            rule.value = next;
            ask();
          }}
        >
          <option value="">{t("tuning.choose-rule")}</option>
          {(rules.value?.items ?? []).map((one) => (
            <option key={one.rule} value={one.rule}>
              {ruleTitle(one.rule)} · {one.rule}
            </option>
          ))}
        </select>
      </div>
      <div class="field chooser-subjects">
        <label for="trace-subject">{t("trace.subject")}</label>
        {subject.value ? (
          <ul class="chips">
            <li>
              <button
                type="button"
                class="tag accent"
                onClick={() => {
                  subject.value = "";
                }}
              >
                <span class="visually-hidden">{t("tuning.remove", { name: "" })}</span>
                <Subject id={subject.value} />
                <Icon name="close" size={11} />
              </button>
            </li>
          </ul>
        ) : (
          <PlacePicker
            id="trace-subject"
            places={places}
            chosen={[]}
            placeholder={t("trace.choose-subject")}
            onPick={(id) => {
              subject.value = id;
              ask();
            }}
          />
        )}
      </div>
      <div class="field">
        <label for="trace-at">{t("trace.at")}</label>
        <input
          id="trace-at"
          type="datetime-local"
          value={toLocal(at.value)}
          onChange={(event) => {
            at.value = fromLocal(event.currentTarget.value) ?? at.value;
          }}
        />
      </div>
      <Button type="submit" kind="primary" disabled={!rule.value || !subject.value}>
        {t("tuning.trace")}
      </Button>
    </form>
  );
}
