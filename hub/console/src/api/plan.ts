// The dispatch plan as the console reads it: who there is to send, and what cases are called; read once when needed.
import { computed, signal } from "@preact/signals";
import { language } from "../i18n";
import { get } from "./http";
import { asProblem } from "./problem";
import type { Words } from "./types";

export interface Department {
  id: string;
  name: Words;
  kind: string;
  level: "street" | "district" | "city";
  regular: boolean;
  districts: string[];
}

export interface Squad {
  id: string;
  name: Words;
  department: string;
  grids: string[];
  districts: string[];
}

export interface Category {
  code: string;
  name: Words;
  group: Words;
  rules: string[];
  reportable: boolean;
}

export interface Plan {
  version: string;
  departments: Department[];
  squads: Squad[];
  categories: { version: string; entries: Category[] };
  warnings: { kind: string; text: string; year: number | null }[];
}

export const plan = signal<Plan | null>(null);
let asked: Promise<void> | null = null;

/** Read the plan unless it is there; whoever may not see it goes on with ids in place of names. */
export function needPlan(): Promise<void> {
  asked ??= get<Plan>("dispatch/plan").then(
    (found) => {
      plan.value = found;
    },
    (error: unknown) => {
      asked = null;
      if (asProblem(error).status !== 403) console.warn("the dispatch plan cannot be read", error);
    },
  );
  return asked;
}

const departments = computed(() => new Map((plan.value?.departments ?? []).map((one) => [one.id, one])));
const squads = computed(() => new Map((plan.value?.squads ?? []).map((one) => [one.id, one])));
const categories = computed(() => new Map((plan.value?.categories.entries ?? []).map((one) => [one.code, one])));

export function departmentName(id: string | null | undefined): string {
  return id ? (departments.value.get(id)?.name[language.value] ?? id) : "";
}

export function squadName(id: string | null | undefined): string {
  return id ? (squads.value.get(id)?.name[language.value] ?? id) : "";
}

export function categoryName(code: string | null | undefined): string {
  return code ? (categories.value.get(code)?.name[language.value] ?? code) : "";
}
