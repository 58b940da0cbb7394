// Saved views of the board: filters under a name, kept in this browser for whoever is signed in.
import { signal } from "@preact/signals";
import { me } from "../api/session";
import { EVERYTHING, type Filter } from "./order";

export interface SavedView {
  name: string;
  filter: Filter;
}

export const views = signal<readonly SavedView[]>([]);

const key = (what: string) => `lianqin.board.${what}.${me()}`;

function stored<T>(what: string, otherwise: T): T {
  try {
    const text = localStorage.getItem(key(what));
    return text ? (JSON.parse(text) as T) : otherwise;
  } catch {
    return otherwise;
  }
}

/** Return the filter that was last used, and read the saved views. */
export function lastFilter(): Filter {
  views.value = stored<SavedView[]>("views", []);
  return { ...EVERYTHING, ...stored<Partial<Filter>>("filter", {}), text: "" };
}

export function keepFilter(filter: Filter): void {
  localStorage.setItem(key("filter"), JSON.stringify(filter));
}

export function saveView(name: string, filter: Filter): void {
  const others = views.value.filter((view) => view.name !== name);
  views.value = [...others, { name, filter }].sort((a, b) => a.name.localeCompare(b.name));
  localStorage.setItem(key("views"), JSON.stringify(views.value));
}

export function dropView(name: string): void {
  views.value = views.value.filter((view) => view.name !== name);
  localStorage.setItem(key("views"), JSON.stringify(views.value));
}
