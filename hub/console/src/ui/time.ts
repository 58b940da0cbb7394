// Instants as words in the city's zone, and spans as words; pure but for the chosen language.
import { timezone } from "../api/city";
import { language, locale, t } from "../i18n";

const formats = new Map<string, Intl.DateTimeFormat>();

function format(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${name} ${language.value} ${timezone.value}`;
  let found = formats.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(locale(), { ...options, timeZone: timezone.value, hourCycle: "h23" });
    formats.set(key, found);
  }
  return found;
}

const HMS = { hour: "2-digit", minute: "2-digit", second: "2-digit" } as const;
const YMD = { year: "numeric", month: "2-digit", day: "2-digit" } as const;

type Instant = string | number | Date;

/** 18:04:31 */
export function clockTime(at: Instant): string {
  return format("hms", HMS).format(new Date(at));
}

/** 18:04 */
export function shortTime(at: Instant): string {
  return format("hm", { hour: "2-digit", minute: "2-digit" }).format(new Date(at));
}

/** 2026/11/22 18:04:31 */
export function fullTime(at: Instant): string {
  return format("full", { ...YMD, ...HMS }).format(new Date(at));
}

/** 2026/11/22 */
export function date(at: Instant): string {
  return format("date", YMD).format(new Date(at));
}

/** The time alone where it is of the city's today, with the day before it where it is not. */
export function timeOfDay(at: Instant, now: Instant): string {
  if (date(at) === date(now)) return clockTime(at);
  return format("day", { month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" }).format(new Date(at));
}

/** 2 h 5 min: the two largest units, the second only where it tells something. */
export function span(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return t("ui.second", { n: s });
  const minutes = Math.floor(s / 60);
  if (minutes < 60) return t("ui.minute", { n: minutes });
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (hours < 24) return t("ui.hour", { n: hours }) + (rest ? ` ${t("ui.minute", { n: rest })}` : "");
  const days = Math.floor(hours / 24);
  return t("ui.day", { n: days }) + (hours % 24 && days < 7 ? ` ${t("ui.hour", { n: hours % 24 })}` : "");
}

/** 1 min 30 s: like `span`, and below an hour to the second, for what is held against a limit. */
export function exactly(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000));
  const rest = s % 60;
  return s < 3600 && s > 60 && rest ? `${span(ms)} ${t("ui.second", { n: rest })}` : span(ms);
}

/** 3 min ago */
export function ago(at: Instant, now: number): string {
  const ms = now - new Date(at).getTime();
  if (Math.abs(ms) < 5000) return t("ui.just-now");
  return ms > 0 ? t("ui.ago", { span: span(ms) }) : t("ui.in", { span: span(-ms) });
}

/** 4:07 or 1:04:07, for what counts while one looks. */
export function counter(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  const hours = Math.floor(s / 3600);
  if (hours >= 48) return t("ui.day", { n: Math.floor(hours / 24) });
  return hours ? `${hours}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
}
