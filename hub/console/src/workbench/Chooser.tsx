// What is looked at: a rule, the devices, circuits or zones, and the span; written into the page's address.
import { useSignal } from "@preact/signals";
import { hubNow, ruleTitle } from "../api/city";
import { get } from "../api/http";
import { t } from "../i18n";
import { DAY_MS, placeOf, type Work } from "../tuning/address";
import type { RuleDocument } from "../tuning/documents";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { fromLocal, toLocal } from "../ui/localTime";
import { useResource } from "../ui/resource";

interface ChooserProps {
  work: Work;
  rules: readonly RuleDocument[];
  places: readonly Place[];
  onChange: (work: Work) => void;
}

export interface Place {
  id: string;
  name: string;
  grid: string;
}

interface CameraOf {
  id: string;
  name?: string;
  grid: string;
  zones: { id: string; name?: string; dwell_s?: number | null }[];
}

interface DeviceOf {
  id: string;
  name: string;
  kind: string;
  grid: string;
  circuit: string | null;
}

const KINDS: Readonly<Record<string, string>> = {
  streetlight: "streetlight",
  gas: "gas",
  drainage: "drainage",
  water: "water",
};
const PRESETS = [1, 7, 30] as const;

/** Where a rule can be looked at, with the grid of each. */
export function usePlaces(rule: string): { places: Place[]; cameras: CameraOf[] } {
  const domain = rule.split(".")[0] ?? "";
  const seen = ["parking", "stall", "camera"].includes(domain);
  const found = useResource(
    async (signal) => {
      if (!domain) return { places: [], cameras: [] };
      if (seen) {
        const { items } = await get<{ items: CameraOf[] }>("cameras", { signal });
        const places = items.flatMap((camera) => [
          ...(domain === "camera" ? [] : camera.zones.map((zone) => named(zone.id, zone.name ?? "", camera.grid))),
          named(camera.id, camera.name ?? "", camera.grid),
        ]);
        return { places, cameras: items };
      }
      const kind = KINDS[domain];
      const query = { limit: 500, ...(kind ? { kind } : {}) };
      const { items } = await get<{ items: DeviceOf[] }>("devices", { query, signal });
      const circuits = new Map(items.flatMap((one) => (one.circuit ? [[one.circuit, one.grid] as const] : [])));
      const places = [
        ...(domain === "streetlight" ? [...circuits].map(([id, grid]) => named(id, "", grid)) : []),
        ...items.map((one) => named(one.id, one.name, one.grid)),
      ];
      return { places, cameras: [] };
    },
    [domain],
  );
  return found.value ?? { places: [], cameras: [] };
}

const named = (id: string, name: string, grid: string): Place => ({ id, name: name && name !== id ? name : "", grid });

export function Chooser({ work, rules, places, onChange }: ChooserProps) {
  const typed = useSignal("");
  const add = () => {
    const wanted = placeOf(typed.value.trim());
    if (!wanted || work.subjects.includes(wanted)) return;
    typed.value = "";
    onChange({ ...work, subjects: [...work.subjects, wanted] });
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
        <form
          class="with-button"
          onSubmit={(event) => {
            event.preventDefault();
            add();
          }}
        >
          <input
            id="work-subject"
            list="work-places"
            autocomplete="off"
            placeholder={work.subjects.length === 0 ? t("tuning.all-subjects") : t("tuning.one-more")}
            value={typed.value}
            onInput={(event) => {
              typed.value = event.currentTarget.value;
              if (places.some((place) => place.id === typed.value)) add();
            }}
          />
          <Button type="submit" disabled={!typed.value.trim()}>
            {t("tuning.add")}
          </Button>
        </form>
        <datalist id="work-places">
          {places.map((place) => (
            <option key={place.id} value={place.id}>
              {place.name}
            </option>
          ))}
        </datalist>
        {work.subjects.length > 0 && (
          <ul class="chips">
            {work.subjects.map((subject) => (
              <li key={subject}>
                <button
                  type="button"
                  class="tag accent"
                  aria-label={t("tuning.remove", { name: subject })}
                  onClick={() => onChange({ ...work, subjects: work.subjects.filter((one) => one !== subject) })}
                >
                  {subject}
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
