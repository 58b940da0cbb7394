// What subjects are called: an id in, its name out as soon as the hub has told it; what is asked for at once is asked together.
import { signal } from "@preact/signals";
import { get } from "./http";

const AT_ONCE = 100;
const REST_MS = 20;
const AGAIN_MS = 30_000;

const names = signal<ReadonlyMap<string, string>>(new Map());
const asked = new Set<string>();
let waiting: string[] = [];

/** Return the subject's name; null while it is not known, or where it has none. Asks for it where it is not known. */
export function nameOf(subject: string): string | null {
  const known = names.value.get(subject);
  if (known !== undefined) return known || null;
  if (!asked.has(subject)) {
    asked.add(subject);
    if (waiting.length === 0) setTimeout(() => void ask(), REST_MS);
    waiting.push(subject);
  }
  return null;
}

async function ask(): Promise<void> {
  while (waiting.length > 0) {
    const some = waiting.slice(0, AT_ONCE);
    try {
      const found = await get<{ names: Record<string, string> }>("names", { query: { subject: some } });
      names.value = new Map([...names.value, ...some.map((one): [string, string] => [one, found.names[one] ?? ""])]);
    } catch {
      setTimeout(() => some.forEach((one) => asked.delete(one)), AGAIN_MS); // whoever still shows it asks again
    }
    waiting = waiting.slice(some.length);
  }
}
