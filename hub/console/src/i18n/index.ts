// The console's words in the chosen language. Each folder has its catalogue: zh/<folder>.ts and en/<folder>.ts.
import { signal } from "@preact/signals";
import en from "./en";
import zh, { type Key } from "./zh";

export type { Key } from "./zh";
export type Language = "zh" | "en";

const STORED = "lianqin.language";
const catalogues: Record<Language, Readonly<Record<Key, string>>> = { zh, en };

function first(): Language {
  const chosen = stored();
  if (chosen) return chosen;
  const wanted = navigator.languages?.[0] ?? "zh";
  return wanted.toLowerCase().startsWith("zh") ? "zh" : wanted.toLowerCase().startsWith("en") ? "en" : "zh";
}

function stored(): Language | null {
  const found = globalThis.localStorage?.getItem(STORED);
  return found === "zh" || found === "en" ? found : null;
}

export const language = signal<Language>(typeof navigator === "undefined" ? "zh" : first());

export function speak(chosen: Language): void {
  localStorage.setItem(STORED, chosen);
  language.value = chosen;
}

/** Return the words for `key`; `{name}` in them is replaced by what `values` says. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  return fill(catalogues[language.value][key] ?? key, values);
}

/** Like `t`, for a key that is put together from data; `fallback` where no such words are. */
export function words(key: string, fallback: string = key): string {
  return (catalogues[language.value] as Record<string, string>)[key] ?? fallback;
}

function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The language's name for Intl and the page's lang attribute. */
export function locale(): string {
  return language.value === "zh" ? "zh-CN" : "en-GB";
}
