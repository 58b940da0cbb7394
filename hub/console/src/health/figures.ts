// Numbers and shares as people read them in the chosen language.
import { locale } from "../i18n";

export function number(value: number, digits = 0): string {
  return value.toLocaleString(locale(), { maximumFractionDigits: digits });
}

export function percent(share: number): string {
  return share.toLocaleString(locale(), { style: "percent", maximumFractionDigits: share < 0.1 ? 1 : 0 });
}
