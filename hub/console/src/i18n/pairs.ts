// What the hub says in English, and the same in Chinese: every pair, by its group, one file of said/ for each area.
const FILES = import.meta.glob<Record<string, Record<string, string>>>("./said/*.json", {
  eager: true,
  import: "default",
});

export const PAIRS: readonly Record<string, string>[] = Object.values(FILES).flatMap((groups) => Object.values(groups));
