// To the next page of a list that is cut by a cursor, and back to its first.
import { Button } from "./Button";

interface PagerProps {
  cursor: string;
  next: string | null | undefined;
  words: { first: string; next: string };
  /** Show the page after this cursor; empty: the first. */
  show: (cursor: string) => void;
}

export function Pager({ cursor, next, words, show }: PagerProps) {
  if (!cursor && !next) return null;
  return (
    <nav class="pages">
      {cursor && <Button onClick={() => show("")}>{words.first}</Button>}
      {next && <Button onClick={() => show(next)}>{words.next}</Button>}
    </nav>
  );
}
