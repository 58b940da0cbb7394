// The city this console is for: its name, grids and time zone, the rules' titles, and how far our clock is off.
import { computed, signal } from "@preact/signals";
import { language } from "../i18n";
import { get } from "./http";
import type { City, Rule } from "./types";

export const city = signal<City | null>(null);
export const rules = signal<ReadonlyMap<string, Rule>>(new Map());
/** The hub's clock less this machine's, in ms: ages are told by the hub's. */
export const skewMs = signal(0);

export const timezone = computed(() => city.value?.timezone ?? "Asia/Shanghai");
const grids = computed(() => new Map((city.value?.grids ?? []).map((grid) => [grid.id, grid])));

export async function loadCity(): Promise<void> {
  const asked = Date.now();
  const [found, cards] = await Promise.all([get<City>("city"), get<{ items: Rule[] }>("rules")]);
  // Half of what the question took is the way back.
  skewMs.value = Date.parse(found.now) - (asked + Date.now()) / 2;
  rules.value = new Map(cards.items.map((rule) => [rule.rule, rule]));
  city.value = found;
}

export function hubNow(): number {
  return Date.now() + skewMs.value;
}

export function ruleTitle(name: string): string {
  const rule = rules.value.get(name);
  if (!rule) return name;
  return language.value === "zh" ? rule.title_zh : rule.title_en;
}

export function gridName(id: string): string {
  return grids.value.get(id)?.name || id;
}

export function gridDistrict(id: string): string {
  return grids.value.get(id)?.district ?? "";
}
