// The list of the board: however many incidents there are, only those one can see are in the page.
import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../i18n";
import { AlertRow, GroupRow } from "./Row";
import { lines, pointed, selected, toggleGroup } from "./view";

export const ROW_PX = 54;
const BEYOND = 6; // rows drawn above and below what one sees
const MOST_ROWS = 90;

interface ListProps {
  onOpen: (id: string) => void;
  /** On a narrow screen a tap opens; there is no preview beside the list. */
  opensOnClick: boolean;
}

export function List({ onOpen, opensOnClick }: ListProps) {
  const element = useRef<HTMLDivElement>(null);
  const scrolled = useSignal(0);
  const height = useSignal(700);
  const all = lines.value;
  const chosen = selected.value;
  const seenAt = useRef<{ id: string; y: number } | null>(null);

  useEffect(() => {
    const box = element.current;
    if (!box) return;
    const watch = new ResizeObserver(() => {
      height.value = box.clientHeight;
    });
    watch.observe(box);
    return () => watch.disconnect();
  }, []);

  // The chosen row stays where it is on the screen, also when the order is made anew around it.
  const at = chosen === null ? -1 : all.findIndex((line) => lineId(line) === chosen);
  useLayoutEffect(() => {
    const box = element.current;
    if (!box || chosen === null || at < 0) {
      seenAt.current = null;
      return;
    }
    const before = seenAt.current;
    const top = at * ROW_PX;
    if (before?.id === chosen && before.y >= 0 && before.y <= box.clientHeight - ROW_PX) {
      if (top - box.scrollTop !== before.y) box.scrollTop = top - before.y;
    } else {
      if (top < box.scrollTop) box.scrollTop = top;
      else if (top + ROW_PX > box.scrollTop + box.clientHeight) box.scrollTop = top + ROW_PX - box.clientHeight;
    }
    seenAt.current = { id: chosen, y: top - box.scrollTop };
  }, [at, chosen, all]);

  useSignalEffect(() => {
    const y = scrolled.value;
    const seen = seenAt.current;
    const row = selected.peek() === null ? -1 : lines.peek().findIndex((line) => lineId(line) === selected.peek());
    if (seen && row >= 0) seenAt.current = { ...seen, y: row * ROW_PX - y };
  });

  const first = Math.max(0, Math.floor(scrolled.value / ROW_PX) - BEYOND);
  const last = Math.min(all.length, first + Math.min(MOST_ROWS, Math.ceil(height.value / ROW_PX) + 2 * BEYOND));
  const indented = new Set(all.flatMap((line) => (line.kind === "group" && line.open ? line.ids : [])));
  return (
    <div
      ref={element}
      class="board-list"
      role="grid"
      aria-label={t("shell.board")}
      aria-rowcount={all.length}
      aria-activedescendant={chosen !== null && at >= first && at < last ? `row-${chosen}` : undefined}
      tabIndex={0}
      onScroll={(event) => {
        scrolled.value = event.currentTarget.scrollTop;
      }}
      onPointerEnter={(event) => {
        if (event.pointerType === "mouse") pointed.value = true;
      }}
      onPointerLeave={() => {
        pointed.value = false;
      }}
      onClick={(event) => {
        const id = rowOf(event.target);
        if (!id) return;
        if (id.startsWith("group:")) toggleGroup(id.slice("group:".length));
        if (opensOnClick && !id.startsWith("group:")) onOpen(id);
        else selected.value = id;
      }}
      onDblClick={(event) => {
        const id = rowOf(event.target);
        if (id && !id.startsWith("group:")) onOpen(id);
      }}
    >
      <div class="board-rows" role="rowgroup" style={{ height: `${all.length * ROW_PX}px` }}>
        {all.slice(first, last).map((line, offset) => {
          const index = first + offset;
          const placed = { top: index * ROW_PX, index, chosen: lineId(line) === chosen };
          return line.kind === "group" ? (
            <GroupRow key={line.key} line={line} {...placed} />
          ) : (
            <AlertRow key={line.id} id={line.id} inGroup={indented.has(line.id)} {...placed} />
          );
        })}
      </div>
    </div>
  );
}

function lineId(line: (typeof lines.value)[number]): string {
  return line.kind === "group" ? `group:${line.key}` : line.id;
}

function rowOf(target: EventTarget | null): string | null {
  return (target as Element | null)?.closest<HTMLElement>(".row")?.dataset["id"] ?? null;
}
