// A camera's live picture on a canvas, with zones and boxes where they are wanted; says so when it grows old.
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { hubNow } from "../api/city";
import { t } from "../i18n";
import { Icon } from "../ui/Icon";
import { theme } from "../ui/theme";
import { nowMs } from "../ui/ticking";
import { clockTime, span } from "../ui/time";
import { boxesAgeMs, freshBoxes, type LiveFrame, type LiveHeader } from "./frame";
import { liveLink, liveSocket, refusedCameras } from "./live";
import { type Mark, paintBoxes, paintMarks, paintZones } from "./painting";
import type { Zone } from "./zones";
import "./cameras.css";

const STALE_MS = 6000;
const NONE: readonly never[] = [];

interface LivePictureProps {
  camera: string;
  fps: number;
  widthPx: number;
  zones?: readonly Zone[];
  boxes?: boolean;
  /** Where alerts stand open. */
  marks?: readonly Mark[];
  /** Hold the picture: nothing new is asked for, what is there stays. */
  held?: boolean;
  onPicture?: (header: LiveHeader) => void;
  children?: ComponentChildren;
}

export function LivePicture({
  camera,
  fps,
  widthPx,
  zones = NONE,
  boxes = false,
  marks = NONE,
  held = false,
  onPicture,
  children,
}: LivePictureProps) {
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const bitmap = useRef<ImageBitmap | null>(null);
  const header = useRef<LiveHeader | null>(null);
  const seen = useSignal(false);
  const at = useSignal<string | null>(null);
  /** When the newest picture came, by this machine: cameras' clocks may be off. */
  const cameAt = useSignal(hubNow());
  const told = useRef(onPicture);
  told.current = onPicture;
  const drawn = useRef({ zones, boxes, marks });
  drawn.current = { zones, boxes, marks };

  const paint = () => {
    const pen = canvas.current?.getContext("2d");
    const there = bitmap.current;
    const about = header.current;
    if (!canvas.current || !pen || !there || !about) return;
    if (canvas.current.width !== there.width || canvas.current.height !== there.height) {
      canvas.current.width = there.width;
      canvas.current.height = there.height;
    }
    pen.drawImage(there, 0, 0);
    paintZones(pen, drawn.current.zones);
    if (drawn.current.boxes) paintBoxes(pen, freshBoxes(about), boxesAgeMs(about));
    paintMarks(pen, drawn.current.marks);
  };

  // Only what is in view is asked for, and nothing while the whole page is hidden.
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    let inView = false;
    const look = () => {
      seen.value = inView && !document.hidden;
    };
    const watching = new IntersectionObserver(
      (entries) => {
        inView = entries.at(-1)?.isIntersecting ?? false;
        look();
      },
      { threshold: 0.05 },
    );
    watching.observe(element);
    document.addEventListener("visibilitychange", look);
    return () => {
      watching.disconnect();
      document.removeEventListener("visibilitychange", look);
    };
  }, []);

  useEffect(() => {
    if (!seen.value || held) return;
    cameAt.value = hubNow();
    let decoding = false;
    let next: LiveFrame | null = null;
    let ended = false;
    const show = async (found: LiveFrame) => {
      decoding = true;
      try {
        const picture = await createImageBitmap(new Blob([found.jpeg], { type: "image/jpeg" }));
        if (ended) return picture.close();
        bitmap.current?.close();
        bitmap.current = picture;
        header.current = found.header;
        at.value = found.header.at;
        cameAt.value = hubNow();
        paint();
        told.current?.(found.header);
      } catch {
        // A torn picture: the next one is on its way.
      } finally {
        decoding = false;
      }
      const later = next;
      next = null;
      if (later && !ended) void show(later);
    };
    const end = liveSocket.watch(camera, { fps, widthPx }, (found) => {
      if (decoding) next = found;
      else void show(found);
    });
    return () => {
      ended = true;
      end();
    };
  }, [camera, fps, widthPx, held, seen.value]);

  useEffect(paint, [zones, boxes, marks, theme.value]);
  useEffect(() => () => bitmap.current?.close(), []);

  const age = nowMs.value - cameAt.value;
  const stale = !held && seen.value && age > STALE_MS;
  const why = !stale
    ? null
    : refusedCameras.value.has(camera)
      ? t("cameras.refused")
      : liveLink.value === "broker-away"
        ? t("cameras.broker-away")
        : liveLink.value === "cut" || liveLink.value === "connecting"
          ? t("cameras.cut")
          : at.value
            ? t("cameras.no-picture-since", { for: span(age) })
            : t("cameras.no-picture");
  return (
    <div
      ref={frame}
      class={`live-picture${stale ? " stale" : ""}${at.value ? "" : " empty-picture"}`}
      data-camera={camera}
    >
      <canvas ref={canvas} width={640} height={360} role="img" aria-label={t("cameras.picture-of", { camera })} />
      {children}
      {at.value && (
        <time class="live-at" dateTime={at.value}>
          {clockTime(at.value)}
        </time>
      )}
      {why ? (
        <p class="live-why" role="status">
          <Icon name="warning" size={16} /> {why}
        </p>
      ) : (
        !at.value && <p class="live-why quiet">{t("cameras.waiting")}</p>
      )}
    </div>
  );
}
