// Lanes over one axis of time that is zoomed and panned by wheel, pointer and keys; labels are marked by dragging.
import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { language, t } from "../i18n";
import { IconButton } from "../ui/Button";
import { theme } from "../ui/theme";
import { fullTime } from "../ui/time";
import { AXIS_PX, type Bar, draw, heightOf, type Lane, laneAt, totalHeight } from "./draw";
import { hit, length, pan, type Stretch, toTime, zoom } from "./scale";
import "./timeline.css";

interface TimelineProps {
  lanes: readonly Lane[];
  view: Signal<Stretch>;
  bounds: Stretch;
  chosen?: string | null;
  onPick?: (bar: Bar, lane: Lane) => void;
  /** Called with a stretch that was marked in a lane that is drawn in. */
  onMark?: (stretch: Stretch) => void;
  /** Called with the moment that was clicked where no bar is. */
  onMoment?: (ms: number) => void;
}

const NEAR_PX = 5;
const DRAG_PX = 4;

interface Drag {
  kind: "pan" | "mark";
  x: number;
  from: Stretch;
  moved: boolean;
}

export function Timeline({ lanes, view, bounds, chosen = null, onPick, onMark, onMoment }: TimelineProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const drag = useRef<Drag | null>(null);
  const width = useSignal(600);
  const marked = useSignal<Stretch | null>(null);
  const pointer = useSignal<number | null>(null);
  const under = useSignal<Bar | null>(null);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const watch = new ResizeObserver(() => {
      width.value = Math.max(120, element.clientWidth);
    });
    watch.observe(element);
    // A listener of the framework is passive, and could not keep the page from scrolling along.
    const turn = (event: WheelEvent) => {
      if (event.ctrlKey || event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        event.preventDefault();
        const by = (Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : event.deltaY) / width.value;
        if (event.ctrlKey) view.value = zoom(view.value, at(event), 1.0015 ** event.deltaY, boundsNow.current);
        else view.value = pan(view.value, by * length(view.value), boundsNow.current);
      }
    };
    element.addEventListener("wheel", turn, { passive: false });
    return () => {
      watch.disconnect();
      element.removeEventListener("wheel", turn);
    };
  }, []);
  const boundsNow = useRef(bounds);
  boundsNow.current = bounds;
  const height = totalHeight(lanes);
  useEffect(() => {
    const element = canvas.current;
    const ctx = element?.getContext("2d");
    if (!element || !ctx) return;
    const ratio = devicePixelRatio || 1;
    element.width = Math.round(width.value * ratio);
    element.height = Math.round(height * ratio);
    const scene = { lanes, view: view.value, width: width.value, chosen, marked: marked.value, pointer: pointer.value };
    draw(ctx, scene, ratio);
  }, [lanes, view.value, width.value, height, chosen, marked.value, pointer.value, theme.value, language.value]);

  const at = (event: { clientX: number }) => {
    const left = canvas.current?.getBoundingClientRect().left ?? 0;
    return toTime(event.clientX - left, view.value, width.value);
  };
  const laneOf = (event: { clientY: number }) =>
    laneAt(lanes, event.clientY - (canvas.current?.getBoundingClientRect().top ?? 0));
  const barOf = (event: PointerEvent): [Bar, Lane] | null => {
    const lane = laneOf(event);
    if (lane?.kind !== "bars") return null;
    const found = hit(lane.bars, at(event), (NEAR_PX / width.value) * length(view.value));
    return found && [found, lane];
  };
  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    const lane = laneOf(event);
    const marks = onMark && lane?.kind === "bars" && lane.drawn && !barOf(event);
    drag.current = { kind: marks ? "mark" : "pan", x: event.clientX, from: view.value, moved: false };
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
  };
  const move = (event: PointerEvent) => {
    const now = drag.current;
    if (!now) {
      pointer.value = at(event);
      under.value = barOf(event)?.[0] ?? null;
      return;
    }
    if (!now.moved && Math.abs(event.clientX - now.x) < DRAG_PX) return;
    now.moved = true;
    if (now.kind === "pan") {
      view.value = pan(now.from, ((now.x - event.clientX) / width.value) * length(now.from), bounds);
    } else {
      const [a, b] = [at({ clientX: now.x }), at(event)];
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      marked.value = { from: Math.max(from, bounds.from), to: Math.min(to, bounds.to) };
    }
  };
  const up = (event: PointerEvent) => {
    const now = drag.current;
    drag.current = null;
    if (!now) return;
    if (now.kind === "mark" && now.moved && marked.value) onMark?.(marked.value);
    marked.value = null;
    if (now.moved) return;
    const found = barOf(event);
    if (found && onPick) onPick(...found);
    else onMoment?.(Math.round(at(event)));
  };
  const middle = () => (view.value.from + view.value.to) / 2;
  const key = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = length(view.value) / 8;
    if (event.key === "ArrowLeft") view.value = pan(view.value, -step, bounds);
    else if (event.key === "ArrowRight") view.value = pan(view.value, step, bounds);
    else if (event.key === "+" || event.key === "=") view.value = zoom(view.value, middle(), 0.5, bounds);
    else if (event.key === "-") view.value = zoom(view.value, middle(), 2, bounds);
    else if (event.key === "Home") view.value = bounds;
    else return;
    event.preventDefault();
  };
  return (
    <div class="timeline-view">
      <div class="timeline-tools">
        <span class="timeline-span dim">
          {fullTime(view.value.from)} – {fullTime(view.value.to)}
        </span>
        <IconButton
          icon="minus"
          label={t("tuning.zoom-out")}
          onClick={() => {
            view.value = zoom(view.value, middle(), 2, bounds);
          }}
        />
        <IconButton
          icon="plus"
          label={t("tuning.zoom-in")}
          onClick={() => {
            view.value = zoom(view.value, middle(), 0.5, bounds);
          }}
        />
        <IconButton
          icon="expand"
          label={t("tuning.whole-span")}
          onClick={() => {
            view.value = bounds;
          }}
        />
      </div>
      <div class="timeline-lanes">
        <ul class="timeline-names" style={{ paddingTop: `${AXIS_PX}px` }}>
          {lanes.map((lane) => (
            <li key={lane.key} style={{ height: `${heightOf(lane)}px` }}>
              <span class="ellipsis" title={lane.name}>
                {lane.name}
              </span>
              {lane.kind === "curve" && lane.unit && <span class="dim">{lane.unit}</span>}
            </li>
          ))}
        </ul>
        <div ref={box} class="timeline-box">
          <canvas
            ref={canvas}
            style={{ width: `${width.value}px`, height: `${height}px` }}
            class={under.value ? "over-bar" : ""}
            tabIndex={0}
            role="img"
            aria-label={t("tuning.timeline-about", {
              from: fullTime(view.value.from),
              to: fullTime(view.value.to),
              lanes: lanes.map((lane) => lane.name).join(", "),
            })}
            onPointerDown={down}
            onPointerMove={move}
            onPointerUp={up}
            onPointerCancel={() => {
              drag.current = null;
              marked.value = null;
            }}
            onPointerLeave={() => {
              pointer.value = null;
              under.value = null;
            }}
            onKeyDown={key}
          />
        </div>
      </div>
      <p class="timeline-under dim">
        {under.value
          ? under.value.title
          : pointer.value !== null
            ? fullTime(pointer.value)
            : t(onMark ? "tuning.timeline-hint-mark" : "tuning.timeline-hint")}
      </p>
    </div>
  );
}
