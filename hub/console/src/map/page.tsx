// The map of the city: grids, devices, cameras and what is wrong, live; beside it the incidents as a list.
import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { gridName, ruleTitle } from "../api/city";
import { nameOf } from "../api/names";
import type { Alert } from "../api/types";
import { language, t, words } from "../i18n";
import { go, place } from "../router";
import { Button, IconButton } from "../ui/Button";
import { SeverityShape } from "../ui/Severity";
import { Empty, Failed, Loading } from "../ui/states";
import { Time } from "../ui/Time";
import { Chosen } from "./Chosen";
import { CityMap, type MapHandle } from "./CityMap";
import type { Dot } from "./dots";
import { type Geography, geography, type Placed } from "./geography";
import { DEVICE_KINDS, layers, TONES, turn } from "./layers";
import { incidents, needOpenAlerts, openAlerts, openProblem } from "./openAlerts";

const MOST_ROWS = 100;

export default function MapPage() {
  const handle = useSignal<MapHandle | null>(null);
  const several = useSignal<Dot[] | null>(null);
  const showLayers = useSignal(false);
  useEffect(() => needOpenAlerts(), []);
  const city = geography.value;
  const list = useComputed(() => incidents(openAlerts.value?.values() ?? []));
  const chosen = chosenIn(place.value.query);

  // What is wrong changes all the time, what is there seldom.
  const things = useMemo(() => thingsOn(city), [city, layers.value, language.value]);
  const open = useMemo(() => incidentsOn(city, list.value), [city, list.value, layers.value, language.value]);
  const dots = useMemo(() => [...things, ...open], [things, open]);

  // An address that names something shows it, whether it was followed or written by hand.
  useEffect(() => {
    if (!chosen || !city || !handle.value) return;
    const alert = openAlerts.value?.get(chosen);
    const at = alert ? city.placeOf(alert)?.at : (city.find(chosen)?.at ?? city.circuitAt(chosen));
    if (at) handle.value.show(at);
  }, [chosen, city, openAlerts.value !== null, handle.value]);

  const pick = (under: Dot[]) => {
    several.value = null;
    if (under.length === 0) return go("/map");
    const [first] = under;
    if (under.length === 1 && first) return choose(first.layer, first.id);
    if (under.length > 12 && first) return handle.value?.show(first.at, 17.5);
    several.value = under;
  };

  return (
    <div class="map-page">
      <h1 class="visually-hidden">{t("shell.map")}</h1>
      <section class="map-list panel" aria-label={t("map.incidents")}>
        <header>
          <h2>
            {t("map.incidents")} <span class="dim">{openAlerts.value ? list.value.length : "…"}</span>
          </h2>
        </header>
        <IncidentList list={list.value} chosen={chosen} onShow={(alert) => choose("incident", alert.id)} />
      </section>
      <div class="map-stage">
        <CityMap
          label={t("map.label")}
          dots={dots}
          chosen={chosen}
          onPick={pick}
          onReady={(made) => {
            handle.value = made;
          }}
        />
        <div class="map-tools">
          <Button icon="layers" aria-pressed={showLayers.value} onClick={() => (showLayers.value = !showLayers.value)}>
            {t("map.layers")}
          </Button>
          <IconButton icon="expand" label={t("map.whole-city")} onClick={() => handle.value?.fit()} />
        </div>
        {showLayers.value && <Layers unplaced={city?.unplaced ?? 0} />}
        {several.value && (
          <Several
            dots={several.value}
            onChoose={(dot) => {
              several.value = null;
              choose(dot.layer, dot.id);
            }}
            onClose={() => (several.value = null)}
          />
        )}
        {chosen && city && !several.value && <Chosen id={chosen} onClose={() => go("/map")} />}
      </div>
    </div>
  );
}

function choose(layer: Dot["layer"], id: string): void {
  go(`/map?${layer === "incident" ? "alert" : "at"}=${encodeURIComponent(id)}`);
}

function chosenIn(query: URLSearchParams): string | null {
  return query.get("alert") ?? query.get("at");
}

function thingsOn(city: Geography | null): Dot[] {
  const shown = layers.value;
  const named = (thing: Placed) => `${thing.name || thing.id} · ${words(`map.thing.${thing.kind}`)}`;
  return [
    ...(city?.devices ?? [])
      .filter((device) => shown.has(device.kind))
      .map((device): Dot => {
        const tone = TONES[device.kind] ?? "dim";
        return { id: device.id, at: device.at, title: named(device), layer: "device", tone };
      }),
    ...(shown.has("camera") ? (city?.cameras ?? []) : []).map((camera): Dot => ({
      id: camera.id,
      at: camera.at,
      title: named(camera),
      layer: "camera",
      tone: "accent",
    })),
  ];
}

function incidentsOn(city: Geography | null, list: readonly { alert: Alert }[]): Dot[] {
  if (!city || !layers.value.has("incident")) return [];
  return list.flatMap(({ alert }): Dot[] => {
    const spot = city.placeOf(alert);
    if (!spot) return [];
    const title = `${words(`ui.severity.${alert.severity}`)} · ${ruleTitle(alert.rule)} · ${city.nameOf(alert)}`;
    const { id, severity, acknowledged: hollow } = alert;
    return [{ id, at: spot.at, title, layer: "incident", tone: severity, severity, hollow }];
  });
}

function IncidentList({
  list,
  chosen,
  onShow,
}: {
  list: readonly { alert: Alert; symptoms: number }[];
  chosen: string | null;
  onShow: (alert: Alert) => void;
}) {
  if (openAlerts.value === null)
    return openProblem.value ? <Failed problem={openProblem.value} /> : <Loading rows={5} />;
  if (list.length === 0) return <Empty title={t("map.all-quiet")} />;
  return (
    <ul class="map-incidents">
      {list.slice(0, MOST_ROWS).map(({ alert, symptoms }) => (
        <li key={alert.id}>
          <button type="button" aria-current={alert.id === chosen ? "true" : undefined} onClick={() => onShow(alert)}>
            <span class={alert.severity} title={words(`ui.severity.${alert.severity}`)}>
              <SeverityShape severity={alert.severity} size={14} hollow={alert.acknowledged} />
              <span class="visually-hidden">{words(`ui.severity.${alert.severity}`)}</span>
            </span>
            <span class="map-incident">
              <strong class="ellipsis">{ruleTitle(alert.rule)}</strong>
              <span class="dim ellipsis">
                {nameOf(alert.subject) ?? geography.value?.nameOf(alert) ?? alert.subject} · {gridName(alert.grid)}
              </span>
            </span>
            <span class="map-incident-end">
              <Time at={alert.raised_at} as="ago" />
              {symptoms > 0 && <span class="tag">{t("map.symptoms", { n: symptoms })}</span>}
            </span>
          </button>
        </li>
      ))}
      {list.length > MOST_ROWS && <li class="dim map-more">{t("map.more", { n: list.length - MOST_ROWS })}</li>}
    </ul>
  );
}

function Layers({ unplaced }: { unplaced: number }) {
  return (
    <fieldset class="map-layers panel">
      <legend class="visually-hidden">{t("map.layers")}</legend>
      {["incident", "camera", ...DEVICE_KINDS].map((kind) => (
        <label key={kind}>
          <input type="checkbox" checked={layers.value.has(kind)} onChange={() => turn(kind)} />
          <i class={`map-swatch tone-${TONES[kind] ?? "dim"} ${kind}`} aria-hidden="true" />
          {words(`map.kind.${kind}`)}
        </label>
      ))}
      {unplaced > 0 && <p class="dim">{t("map.unplaced", { n: unplaced })}</p>}
    </fieldset>
  );
}

function Several({
  dots,
  onChoose,
  onClose,
}: {
  dots: readonly Dot[];
  onChoose: (dot: Dot) => void;
  onClose: () => void;
}) {
  return (
    <section class="map-card panel" aria-label={t("map.here", { n: dots.length })}>
      <header>
        <h2>{t("map.here", { n: dots.length })}</h2>
        <IconButton icon="close" label={t("ui.close")} onClick={onClose} />
      </header>
      <ul class="map-several">
        {dots.map((dot) => (
          <li key={dot.id}>
            <button type="button" onClick={() => onChoose(dot)}>
              {dot.severity && (
                <span class={dot.severity}>
                  <SeverityShape severity={dot.severity} />
                </span>
              )}
              {dot.title}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
