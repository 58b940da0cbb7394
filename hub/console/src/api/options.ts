// What there is to choose from in forms: the plan's departments and categories, the city's grids.
import { language, words } from "../i18n";
import type { Option } from "../ui/inputs";
import { city } from "./city";
import { plan } from "./plan";
import { SEVERITIES } from "./types";

export function departmentOptions(): Option[] {
  return (plan.value?.departments ?? []).map((one) => ({
    value: one.id,
    words: `${one.name[language.value]}（${words(`cases.level.${one.level}`)}）`,
  }));
}

export function squadOptions(department: string): Option[] {
  return (plan.value?.squads ?? [])
    .filter((one) => one.department === department)
    .map((one) => ({ value: one.id, words: one.name[language.value] }));
}

export function categoryOptions(): Option[] {
  return (plan.value?.categories.entries ?? []).map((one) => ({ value: one.code, words: one.name[language.value] }));
}

export function gridOptions(): Option[] {
  return (city.value?.grids ?? []).map((one) => ({ value: one.id, words: one.name || one.id }));
}

export function severityOptions(): Option[] {
  return SEVERITIES.map((one) => ({ value: one, words: words(`ui.severity.${one}`) }));
}

export function roleOptions(roles: readonly string[]): Option[] {
  return roles.map((role) => ({ value: role, words: words(`shell.role.${role}`) }));
}
