// Dark as control rooms are, or light: chosen by hand and remembered; dark where nothing was chosen.
import { effect, signal } from "@preact/signals";

export type Theme = "dark" | "light";

const STORED = "lianqin.theme";

export const theme = signal<Theme>(localStorage.getItem(STORED) === "light" ? "light" : "dark");

effect(() => {
  document.documentElement.dataset["theme"] = theme.value;
});

export function paint(chosen: Theme): void {
  localStorage.setItem(STORED, chosen);
  theme.value = chosen;
}

/** Return the value of a CSS variable of the theme, for what is drawn on a canvas; read `theme.value` beside it. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
