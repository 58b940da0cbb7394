// The fields that say what somebody may do and how far they see: role, department, districts.
import type { Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { city } from "../api/city";
import { departmentOptions, roleOptions } from "../api/options";
import { needPlan } from "../api/plan";
import { t } from "../i18n";
import { Choice } from "../ui/inputs";

export interface PostSignals {
  role: Signal<string>;
  department: Signal<string>;
  /** None: the whole city. */
  districts: Signal<readonly string[]>;
}

export function PostFields({ post, roles }: { post: PostSignals; roles: readonly string[] }) {
  useEffect(() => void needPlan(), []);
  const districts = [...new Set((city.value?.grids ?? []).map((grid) => grid.district).filter(Boolean))];
  return (
    <>
      <Choice label={t("people.role")} value={post.role} options={roleOptions(roles)} />
      <Choice
        label={t("people.department")}
        value={post.department}
        options={departmentOptions()}
        none="—"
        required={post.role.value === "department"}
      />
      {districts.length > 0 && (
        <fieldset class="field">
          <legend class="label">{`${t("people.districts")} · ${
            post.districts.value.length === 0 ? t("people.whole-city") : post.districts.value.join("、")
          }`}</legend>
          {districts.map((district) => (
            <label key={district} class="check">
              <input
                type="checkbox"
                checked={post.districts.value.includes(district)}
                onChange={(event) => {
                  const rest = post.districts.value.filter((one) => one !== district);
                  post.districts.value = event.currentTarget.checked ? [...rest, district] : rest;
                }}
              />
              <span>{district}</span>
            </label>
          ))}
        </fieldset>
      )}
    </>
  );
}

/** Return the fields as the hub takes them. */
export function postOf(post: PostSignals): Record<string, unknown> {
  return {
    role: post.role.value,
    department: post.department.value || null,
    districts: post.districts.value.length > 0 ? post.districts.value : null,
  };
}
