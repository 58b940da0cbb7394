// What is chosen on the baselines pages, as the address says it: places, what is being done, filters. Pure.

const MOST = 200;

export function readPicked(query: URLSearchParams): readonly string[] {
  return [...new Set(query.getAll("pick").filter(Boolean))].slice(0, MOST);
}

/** Return the page's address with these parameters changed; "" or an empty list takes one out. */
export function withQuery(
  path: string,
  query: URLSearchParams,
  changes: Readonly<Record<string, string | readonly string[]>>,
): string {
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    next.delete(name);
    for (const one of typeof value === "string" ? [value] : value) if (one) next.append(name, one);
  }
  const text = next.toString();
  return text ? `${path}?${text}` : path;
}

export function toggled(picked: readonly string[], one: string): readonly string[] {
  return picked.includes(one) ? picked.filter((other) => other !== one) : [...picked, one].slice(0, MOST);
}
