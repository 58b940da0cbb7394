// Of values that are to be tried, those that are not in force anyway. Pure.
import type { Changes } from "../tuning/documents";
import type { Tunable } from "./Sliders";

export function differing(values: Changes, tunables: readonly Pick<Tunable, "path" | "value">[]): Changes {
  const now = new Map(tunables.map((one) => [one.path, one.value]));
  return Object.fromEntries(Object.entries(values).filter(([path, value]) => now.get(path) !== value));
}
