// One camera: its live picture with zones and boxes, what is known of it, and its zones to be drawn.
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { outageName } from "../alert/quantities";
import { gridName, hubNow, ruleTitle } from "../api/city";
import { may } from "../api/session";
import type { Alert } from "../api/types";
import { language, t, words } from "../i18n";
import { needOpenAlerts, openAlerts } from "../map/openAlerts";
import { go, href, place } from "../router";
import type { PageProps } from "../routes";
import { traceOfCamera } from "../trace/address";
import { Button } from "../ui/Button";
import { useResource } from "../ui/resource";
import { SeverityMark } from "../ui/Severity";
import { Empty, Failed, Loading } from "../ui/states";
import { Time } from "../ui/Time";
import { type Camera, readCameras, readZones, type Zones } from "./api";
import { LivePicture } from "./LivePicture";
import { LinkMark } from "./page";
import type { Mark } from "./painting";
import { chosenFps, FPS, tellFps } from "./preferences";
import { ZoneEditor } from "./ZoneEditor";
import { ZoneMark } from "./ZoneMark";

export default function CameraPage({ parameters }: PageProps) {
  const id = parameters["id"] ?? "";
  const editing = place.value.query.get("edit") !== null && may("config:write");
  const cameras = useResource(readCameras, []);
  const zones = useResource((signal) => readZones(id, signal), [id]);
  if (!cameras.value || !zones.value) {
    const problem = zones.problem ?? cameras.problem;
    if (problem?.status === 404) return <NoCamera id={id} />;
    if (problem)
      return (
        <Failed
          problem={problem}
          again={() => {
            cameras.again();
            zones.again();
          }}
        />
      );
    return <Loading />;
  }
  const camera = cameras.value.find((one) => one.id === id);
  if (!camera) return <NoCamera id={id} />;
  if (editing)
    return (
      <ZoneEditor
        camera={camera}
        zones={zones.value}
        taken={cameras.value.flatMap((one) => (one.id === id ? [] : one.zones.map((zone) => zone.id)))}
        onDone={() => {
          zones.again();
          cameras.again();
          go(`/cameras/${encodeURIComponent(id)}`);
        }}
      />
    );
  return <View camera={camera} zones={zones.value} />;
}

function NoCamera({ id }: { id: string }) {
  return (
    <Empty icon="camera" title={t("cameras.no-such", { camera: id })}>
      <a class="button" href={href("/cameras")}>
        {t("cameras.to-wall")}
      </a>
    </Empty>
  );
}

function View({ camera, zones }: { camera: Camera; zones: Zones }) {
  const showZones = useSignal(true);
  const showBoxes = useSignal(true);
  useEffect(() => needOpenAlerts(), []);
  const marks = useMemo(
    () =>
      openHere(camera.id).flatMap((alert): Mark[] =>
        alert.place ? [{ place: alert.place, severity: alert.severity, title: ruleTitle(alert.rule) }] : [],
      ),
    [openAlerts.value, camera.id, language.value],
  );
  const edit = href(`/cameras/${encodeURIComponent(camera.id)}?edit`);
  return (
    <div class="camera-page">
      <header class="cameras-tools">
        <a class="button quiet" href={href("/cameras")}>
          ‹ {t("cameras.to-wall")}
        </a>
        <h1>{camera.name || camera.id}</h1>
        <span class="dim">
          {camera.id} · {gridName(camera.grid)}
        </span>
        {camera.lost && (
          <span class="tag bad">
            {camera.outage ? t("cameras.lost-why", { why: outageName(camera.outage) }) : t("cameras.lost")}
          </span>
        )}
        {camera.moved && <span class="tag warn">{t("cameras.moved")}</span>}
        <LinkMark />
      </header>
      <div class="camera-stage">
        <LivePicture
          camera={camera.id}
          fps={chosenFps.value}
          widthPx={1280}
          zones={showZones.value ? zones.zones : []}
          boxes={showBoxes.value}
          marks={marks}
        />
        <div class="camera-tools">
          <Button aria-pressed={showZones.value} icon="layers" onClick={() => (showZones.value = !showZones.value)}>
            {t("cameras.zones")}
          </Button>
          <Button aria-pressed={showBoxes.value} icon="picture" onClick={() => (showBoxes.value = !showBoxes.value)}>
            {t("cameras.boxes")}
          </Button>
          <label class="cameras-choice">
            <span class="dim">{t("cameras.fps")}</span>
            <select value={String(chosenFps.value)} onChange={(event) => tellFps(Number(event.currentTarget.value))}>
              {FPS.map((fps) => (
                <option key={fps} value={String(fps)}>
                  {t("cameras.per-second", { n: fps })}
                </option>
              ))}
            </select>
          </label>
          <a class="button" href={href(`/map?at=${encodeURIComponent(camera.id)}`)}>
            {t("cameras.on-map")}
          </a>
          {may("tune:write") && (
            <a
              class="button"
              title={t("trace.why-none-about")}
              href={href(traceOfCamera(camera.id, zones.zones, hubNow()))}
            >
              {t("trace.why-none")}
            </a>
          )}
        </div>
      </div>
      <aside class="camera-about">
        <section class="panel">
          <header>
            <h2>{t("cameras.open-alerts")}</h2>
          </header>
          <div class="panel-content">
            <OpenAlerts camera={camera.id} />
          </div>
        </section>
        <section class="panel">
          <header>
            <h2>{t("cameras.zones")}</h2>
            {may("config:write") && (
              <a class="button" href={edit}>
                {t("cameras.edit-zones")}
              </a>
            )}
          </header>
          <div class="panel-content">
            {zones.zones.length === 0 ? (
              <p class="dim">{t("cameras.no-zones")}</p>
            ) : (
              <ul class="zone-list">
                {zones.zones.map((zone) => (
                  <li key={zone.id}>
                    <ZoneMark kind={zone.kind} />
                    <span class="ellipsis">{zone.name || zone.id}</span>
                    <span class="dim">{zone.dwell_s ? t("ui.second", { n: zone.dwell_s }) : ""}</span>
                  </li>
                ))}
              </ul>
            )}
            <p class="dim zone-origin">
              {zones.drawn ? t("cameras.drawn-by", { by: zones.drawn_by ?? "?" }) : t("cameras.from-file")}{" "}
              {zones.drawn_at && <Time at={zones.drawn_at} as="day" />}
            </p>
          </div>
        </section>
        <section class="panel">
          <header>
            <h2>{t("cameras.health")}</h2>
          </header>
          <dl class="panel-content camera-health">
            <dt>{t("cameras.last-frame")}</dt>
            <dd>
              <Time at={camera.last_frame} as="ago" />
            </dd>
            {["decoded_fps", "processed_fps", "inference_ms", "reconnects"].map((name) =>
              camera.readings[name] ? (
                <>
                  <dt>{words(`cameras.reading.${name}`)}</dt>
                  <dd>{Math.round((camera.readings[name]?.value ?? 0) * 10) / 10}</dd>
                </>
              ) : null,
            )}
          </dl>
        </section>
      </aside>
    </div>
  );
}

function openHere(camera: string): Alert[] {
  return [...(openAlerts.value?.values() ?? [])].filter((alert) => alert.camera === camera || alert.subject === camera);
}

function OpenAlerts({ camera }: { camera: string }) {
  const here = openHere(camera);
  if (!openAlerts.value) return <Loading rows={2} />;
  if (here.length === 0) return <p class="dim">{t("map.nothing-open")}</p>;
  return (
    <ul class="open-here">
      {here.map((alert) => (
        <li key={alert.id}>
          <SeverityMark severity={alert.severity} hollow={alert.acknowledged} />
          <a href={href(`/alerts/${alert.id}`)}>{ruleTitle(alert.rule)}</a>
          <Time at={alert.raised_at} as="ago" />
        </li>
      ))}
    </ul>
  );
}
