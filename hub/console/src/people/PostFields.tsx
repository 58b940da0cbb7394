// The fields that say what somebody may do and how far they see: role, department, districts.
import type { Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { city } from "../api/city";
import { needPlan, plan } from "../api/plan";
import { language, t, words } from "../i18n";
import { Field } from "../ui/Field";

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
      <Field label={t("people.role")}>
        {(control) => (
          <select
            {...control}
            value={post.role.value}
            onChange={(event) => {
              post.role.value = event.currentTarget.value;
            }}
          >
            {roles.map((role) => (
              <option key={role} value={role}>
                {words(`shell.role.${role}`)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label={t("people.department")}>
        {(control) => (
          <select
            {...control}
            required={post.role.value === "department"}
            value={post.department.value}
            onChange={(event) => {
              post.department.value = event.currentTarget.value;
            }}
          >
            <option value="">—</option>
            {(plan.value?.departments ?? []).map((one) => (
              <option key={one.id} value={one.id}>
                {one.name[language.value]}
              </option>
            ))}
          </select>
        )}
      </Field>
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
