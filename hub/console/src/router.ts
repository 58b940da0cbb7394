// Where in the console we are: the address in, a route with its parameters out; links without loading the page anew.
import { signal } from "@preact/signals";

export const BASE = "/console";

export interface Place {
  /** The path below /console, "/board" for instance. */
  path: string;
  query: URLSearchParams;
}

function read(): Place {
  const path = location.pathname.startsWith(`${BASE}/`) ? location.pathname.slice(BASE.length) : "/board";
  return { path: path.length > 1 ? path.replace(/\/+$/, "") : "/board", query: new URLSearchParams(location.search) };
}

export const place = signal<Place>(
  typeof location === "undefined" ? { path: "/board", query: new URLSearchParams() } : read(),
);

export function listen(): void {
  addEventListener("popstate", () => {
    place.value = read();
  });
  document.addEventListener("click", (event) => {
    const link = (event.target as Element | null)?.closest?.("a[href]");
    if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute("download")) return;
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.ctrlKey ||
      event.metaKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    const to = new URL(link.href);
    if (to.origin !== location.origin || !to.pathname.startsWith(`${BASE}/`)) return;
    event.preventDefault();
    go(to.pathname.slice(BASE.length) + to.search);
  });
}

/** Go to a path below /console. `replace` leaves no entry in the history. */
export function go(path: string, { replace = false } = {}): void {
  const to = BASE + path;
  if (to === location.pathname + location.search) return;
  if (replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  place.value = read();
}

/** Return the address of a path below /console, for links. */
export function href(path: string): string {
  return BASE + path;
}

export type Parameters = Readonly<Record<string, string>>;

/** Return what the pattern's `:names` stand for in `path`, or null where it does not fit. */
export function match(pattern: string, path: string): Parameters | null {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return null;
  const found: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const there = given[index] ?? "";
    if (part.startsWith(":")) {
      try {
        found[part.slice(1)] = decodeURIComponent(there);
      } catch {
        return null;
      }
    } else if (part !== there) return null;
  }
  return found;
}
