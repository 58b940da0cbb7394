// Zones over a picture, to be drawn by mouse, finger and keyboard: gestures in, steps of editing out.
import { useRef } from "preact/hooks";
import { t } from "../i18n";
import { addCorner, type Corner, type Draft, dropCorner, moveCorner, moveZone } from "./zones";

interface ZoneCanvasProps {
  draft: Draft;
  /** Width of the picture by its height, so that corners are round. */
  aspect: number;
  onChange: (next: Draft, gesture: string | null) => void;
}

const WIDE = 1600;
const STEP = 0.005;

type Drag = { zone: number; corner: number | null; from: Corner; number: number };

export function ZoneCanvas({ draft, aspect, onChange }: ZoneCanvasProps) {
  const svg = useRef<SVGSVGElement>(null);
  const drag = useRef<Drag | null>(null);
  const drags = useRef(0);
  const high = WIDE / aspect;

  const spot = (event: PointerEvent): Corner => {
    const box = svg.current?.getBoundingClientRect();
    if (!box?.width || !box.height) return [0, 0];
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };
  const take = (event: PointerEvent, zone: number, corner: number | null, next: Draft = { ...draft, zone, corner }) => {
    if (event.button !== 0) return;
    event.stopPropagation();
    svg.current?.setPointerCapture(event.pointerId);
    drags.current += 1;
    drag.current = { zone, corner, from: spot(event), number: drags.current };
    onChange(next, `drag-${drags.current}`);
  };
  const move = (event: PointerEvent) => {
    const held = drag.current;
    if (!held) return;
    const at = spot(event);
    if (held.corner !== null) return onChange(moveCorner(draft, held.zone, held.corner, at), `drag-${held.number}`);
    onChange(moveZone(draft, held.zone, [at[0] - held.from[0], at[1] - held.from[1]]), `drag-${held.number}`);
    drag.current = { ...held, from: at };
  };
  const drop = () => {
    drag.current = null;
  };

  const press = (event: KeyboardEvent, zone: number, corner: number | null) => {
    const by = event.shiftKey ? 4 * STEP : event.altKey ? STEP / 5 : STEP;
    const way: Record<string, Corner> = {
      ArrowLeft: [-by, 0],
      ArrowRight: [by, 0],
      ArrowUp: [0, -by],
      ArrowDown: [0, by],
    };
    const to = way[event.key];
    const at = corner === null ? null : draft.zones[zone]?.polygon[corner];
    if (to) {
      event.preventDefault();
      if (corner === null) onChange(moveZone(draft, zone, to), `keys-${zone}`);
      else if (at) onChange(moveCorner(draft, zone, corner, [at[0] + to[0], at[1] + to[1]]), `keys-${zone}-${corner}`);
    } else if (corner !== null && (event.key === "Delete" || event.key === "Backspace")) {
      event.preventDefault();
      onChange(dropCorner(draft, zone, corner), null);
    } else if (corner !== null && (event.key === "Insert" || event.key === "+")) {
      event.preventDefault();
      onChange(addCorner(draft, zone, corner), null);
    }
  };

  return (
    <svg
      ref={svg}
      class="zone-canvas"
      viewBox={`0 0 ${WIDE} ${high}`}
      preserveAspectRatio="none"
      role="group"
      aria-label={t("cameras.drawing")}
      onPointerMove={move}
      onPointerUp={drop}
      onPointerCancel={drop}
    >
      {draft.zones.map((zone, index) => {
        const chosen = index === draft.zone;
        const name = zone.name || zone.id;
        return (
          <g key={`${index} ${zone.id}`} class={`zone-shape ${zone.kind}${chosen ? " chosen" : ""}`}>
            <polygon
              points={zone.polygon.map(([x, y]) => `${x * WIDE},${y * high}`).join(" ")}
              tabIndex={0}
              role="button"
              aria-label={t("cameras.zone-label", { zone: name, n: zone.polygon.length })}
              aria-pressed={chosen}
              onPointerDown={(event) => take(event, index, null)}
              onFocus={() => draft.zone !== index && onChange({ ...draft, zone: index, corner: null }, null)}
              onKeyDown={(event) => press(event, index, null)}
            />
            {chosen &&
              zone.polygon.map(([x, y], at) => {
                const next = zone.polygon[(at + 1) % zone.polygon.length] ?? [x, y];
                const half: Corner = [(x + next[0]) / 2, (y + next[1]) / 2];
                return (
                  <g key={at}>
                    <circle
                      class="zone-between"
                      cx={half[0] * WIDE}
                      cy={half[1] * high}
                      r={11}
                      onPointerDown={(event) => take(event, index, at + 1, addCorner(draft, index, at, half))}
                    />
                    <circle
                      class={`zone-corner${at === draft.corner ? " chosen" : ""}`}
                      cx={x * WIDE}
                      cy={y * high}
                      r={15}
                      tabIndex={0}
                      role="button"
                      aria-label={t("cameras.corner-label", {
                        zone: name,
                        n: at + 1,
                        x: Math.round(x * 1000) / 10,
                        y: Math.round(y * 1000) / 10,
                      })}
                      onPointerDown={(event) => take(event, index, at)}
                      onDblClick={() => onChange(dropCorner(draft, index, at), null)}
                      onFocus={() => draft.corner !== at && onChange({ ...draft, zone: index, corner: at }, null)}
                      onKeyDown={(event) => press(event, index, at)}
                    />
                  </g>
                );
              })}
          </g>
        );
      })}
    </svg>
  );
}
