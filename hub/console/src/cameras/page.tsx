// The wall of cameras: a live tile for each, as many as one likes; only what is in view is asked for.
import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { outageName } from "../alert/quantities";
import { gridName } from "../api/city";
import { t, words } from "../i18n";
import { href } from "../router";
import { Icon } from "../ui/Icon";
import { useResource } from "../ui/resource";
import { Empty, Failed, Loading } from "../ui/states";
import { type Camera, readCameras, wholeZone } from "./api";
import { LivePicture } from "./LivePicture";
import { liveLink } from "./live";
import { chosenFps, chosenSize, FPS, tellFps, tellSize } from "./preferences";
import { inView, TILE_WIDTHS, type TileSize, wallOf } from "./wall";

const AGAIN_MS = 30_000;

export default function CamerasPage() {
  const cameras = useResource(readCameras, []);
  const text = useSignal("");
  const only = useSignal<"all" | "alerts" | "lost">("all");
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) cameras.again();
    }, AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  if (!cameras.value) return cameras.problem ? <Failed problem={cameras.problem} again={cameras.again} /> : <Loading />;
  if (cameras.value.length === 0)
    return (
      <Empty icon="camera" title={t("cameras.none")}>
        <p>{t("cameras.none-hint")}</p>
      </Empty>
    );
  const wanted = text.value.trim().toLowerCase();
  const shown = cameras.value.filter(
    (camera) =>
      (!wanted || `${camera.id} ${camera.name} ${gridName(camera.grid)}`.toLowerCase().includes(wanted)) &&
      (only.value === "all" || (only.value === "lost" ? camera.lost || camera.moved : camera.alerts.length > 0)),
  );
  return (
    <div class="cameras-page">
      <header class="cameras-tools">
        <h1>
          {t("shell.cameras")} <span class="dim">{shown.length}</span>
        </h1>
        <label class="cameras-search">
          <span class="visually-hidden">{t("cameras.filter")}</span>
          <input
            type="search"
            placeholder={t("cameras.filter")}
            value={text.value}
            onInput={(event) => (text.value = event.currentTarget.value)}
          />
        </label>
        <Choice
          label={t("cameras.show")}
          value={only.value}
          options={[
            ["all", t("cameras.show-all")],
            ["alerts", t("cameras.show-alerts")],
            ["lost", t("cameras.show-lost")],
          ]}
          onChange={(value) => (only.value = value as typeof only.value)}
        />
        <Choice
          label={t("cameras.fps")}
          value={String(chosenFps.value)}
          options={FPS.map((fps) => [String(fps), t("cameras.per-second", { n: fps })])}
          onChange={(value) => tellFps(Number(value))}
        />
        <Choice
          label={t("cameras.size")}
          value={chosenSize.value}
          options={(Object.keys(TILE_WIDTHS) as TileSize[]).map((size) => [size, words(`cameras.size-${size}`)])}
          onChange={(value) => tellSize(value as TileSize)}
        />
        <LinkMark />
      </header>
      {shown.length === 0 ? <Empty icon="search" title={t("cameras.no-match")} /> : <Wall cameras={shown} />}
    </div>
  );
}

export function LinkMark() {
  const state = liveLink.value;
  if (state === "broker-away" || state === "cut")
    return (
      <p class="cameras-link bad" role="status">
        <Icon name="plug" size={16} /> {state === "cut" ? t("cameras.cut") : t("cameras.broker-away")}
      </p>
    );
  return (
    <p class="cameras-link dim" role="status">
      {state === "live" ? t("cameras.live") : state === "connecting" ? t("shell.feed-connecting") : ""}
    </p>
  );
}

function Wall({ cameras }: { cameras: readonly Camera[] }) {
  const box = useRef<HTMLElement>(null);
  const size = useSignal({ width: 0, height: 0 });
  const scroll = useSignal(0);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const watching = new ResizeObserver(() => {
      size.value = { width: element.clientWidth - 28, height: element.clientHeight };
    });
    watching.observe(element);
    return () => watching.disconnect();
  }, []);
  const wall = wallOf(cameras.length, size.value.width, chosenSize.value);
  const rows = useComputed(() => Math.floor(scroll.value / 40) * 40); // not anew for every pixel
  const [from, to] = size.value.width ? inView(wall, rows.value, size.value.height + 40, cameras.length) : [0, 0];
  return (
    <section
      ref={box}
      class="wall"
      tabIndex={0}
      aria-label={t("cameras.wall")}
      onScroll={(event) => (scroll.value = event.currentTarget.scrollTop)}
    >
      <div class="wall-inside" style={{ height: `${wall.heightPx}px` }}>
        <ul
          style={{
            transform: `translateY(${(from / wall.columns) * wall.rowPx}px)`,
            gridTemplateColumns: `repeat(${wall.columns}, minmax(0, 1fr))`,
          }}
        >
          {cameras.slice(from, to).map((camera) => (
            <li key={camera.id}>
              <Tile camera={camera} />
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}

function Tile({ camera }: { camera: Camera }) {
  const zones = camera.zones.map(wholeZone);
  return (
    <a class="tile" href={href(`/cameras/${encodeURIComponent(camera.id)}`)}>
      <LivePicture
        camera={camera.id}
        fps={chosenFps.value}
        widthPx={Math.max(240, Math.min(960, TILE_WIDTHS[chosenSize.value] * 1.3))}
        zones={chosenSize.value === "large" ? zones : []}
        boxes={chosenSize.value === "large"}
      />
      <span class="tile-caption">
        <strong class="ellipsis">{camera.name || camera.id}</strong>
        <span class="dim ellipsis">{gridName(camera.grid)}</span>
        {camera.lost && (
          <span class="tag bad" title={outageName(camera.outage)}>
            {t("cameras.lost")}
          </span>
        )}
        {camera.moved && <span class="tag warn">{t("cameras.moved")}</span>}
        {camera.alerts.length > 0 && !camera.lost && (
          <span class="tag warn">{t("cameras.alerts", { n: camera.alerts.length })}</span>
        )}
      </span>
    </a>
  );
}

function Choice({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: string;
  options: readonly (readonly [string, string])[];
  onChange: (value: string) => void;
}) {
  return (
    <label class="cameras-choice">
      <span class="dim">{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map(([name, text]) => (
          <option key={name} value={name}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
