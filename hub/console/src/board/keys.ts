// The keys of the board: what is pressed in, what is meant out. Pure.
import type { Key } from "../i18n";

export type Meant =
  | "next"
  | "previous"
  | "first"
  | "last"
  | "open"
  | "leave"
  | "acknowledge"
  | "shelve"
  | "dispatch"
  | "false"
  | "real"
  | "owner"
  | "search"
  | "new"
  | "mute"
  | "help"
  | "severity-1"
  | "severity-2"
  | "severity-3"
  | "severity-4";

const MEANT: Readonly<Record<string, Meant>> = {
  j: "next",
  arrowdown: "next",
  k: "previous",
  arrowup: "previous",
  home: "first",
  end: "last",
  enter: "open",
  escape: "leave",
  a: "acknowledge",
  s: "shelve",
  d: "dispatch",
  f: "false",
  t: "real",
  o: "owner",
  "/": "search",
  n: "new",
  m: "mute",
  "?": "help",
  1: "severity-1",
  2: "severity-2",
  3: "severity-3",
  4: "severity-4",
};

/** Return what a key means on the board; null for what is the browser's, or is typed into something. */
export function meant(event: {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  isComposing?: boolean;
  target: EventTarget | null;
}): Meant | null {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return null;
  const target = event.target as Element | null;
  const found = MEANT[event.key.toLowerCase()] ?? null;
  if (target?.closest?.("dialog")) return null;
  if (target?.closest?.("input, select, textarea, [contenteditable]")) return null;
  // A focused button or link is pressed by Enter itself.
  if (found === "open" && target?.closest?.("button, a")) return null;
  return found;
}

export const KEYS: readonly { keys: readonly string[]; says: Key }[] = [
  { keys: ["J", "↓"], says: "board.key.next" },
  { keys: ["K", "↑"], says: "board.key.previous" },
  { keys: ["Enter"], says: "board.key.open" },
  { keys: ["A"], says: "board.key.acknowledge" },
  { keys: ["S"], says: "board.key.shelve" },
  { keys: ["D"], says: "board.key.dispatch" },
  { keys: ["F"], says: "board.key.false" },
  { keys: ["T"], says: "board.key.real" },
  { keys: ["O"], says: "board.key.owner" },
  { keys: ["N"], says: "board.key.new" },
  { keys: ["/"], says: "board.key.search" },
  { keys: ["1", "2", "3", "4"], says: "board.key.severity" },
  { keys: ["M"], says: "board.key.mute" },
  { keys: ["Esc"], says: "board.key.leave" },
  { keys: ["?"], says: "board.key.help" },
];
