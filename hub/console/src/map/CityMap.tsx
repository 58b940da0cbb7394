// The city on a Leaflet map, with whatever spots a page wants on it. One map for every page that has one.
import { useSignalEffect } from "@preact/signals";
import { control, Map as LeafletMap, type LeafletMouseEvent, latLng, latLngBounds, popup } from "leaflet";
import { useEffect, useRef } from "preact/hooks";
import { language, t } from "../i18n";
import { Failed, Loading } from "../ui/states";
import { theme } from "../ui/theme";
import { type Dot, DotLayer } from "./dots";
import type { LngLat } from "./gcj02";
import { geography, geographyProblem, loadGeography } from "./geography";
import { layGrids, layGround, NameLayer } from "./ground";
import "leaflet/dist/leaflet.css";
import "./map.css";

export interface MapHandle {
  /** Bring a spot into view, near enough to see what is around it. */
  show: (at: LngLat, zoom?: number) => void;
  /** Show the whole city. */
  fit: () => void;
}

interface CityMapProps {
  label: string;
  dots: readonly Dot[];
  chosen?: string | null;
  /** What lies under a click, all of it where several things are in one spot; empty for plain ground. */
  onPick?: (dots: Dot[]) => void;
  onReady?: (map: MapHandle) => void;
  grids?: boolean;
  /** Where to begin; the whole city otherwise. */
  at?: LngLat | null;
  zoom?: number;
}

const NEAR = 17;
const MOST_ZOOM = 19;

export function CityMap(props: CityMapProps) {
  useEffect(() => void loadGeography(), []);
  if (!geography.value)
    return geographyProblem.value ? (
      <Failed problem={geographyProblem.value} again={() => void loadGeography()} />
    ) : (
      <Loading />
    );
  return <Painted key={geography.value.document.version} {...props} />;
}

function Painted({ label, dots, chosen = null, onPick, onReady, grids = true, at = null, zoom = NEAR }: CityMapProps) {
  const element = useRef<HTMLDivElement>(null);
  const map = useRef<LeafletMap | null>(null);
  const layer = useRef<DotLayer | null>(null);
  const pick = useRef(onPick);
  pick.current = onPick;

  useEffect(() => {
    const city = geography.peek();
    if (!element.current || !city) return;
    const made = new LeafletMap(element.current, {
      zoomControl: false,
      zoomAnimation: false,
      fadeAnimation: false,
      markerZoomAnimation: false,
      zoomSnap: 0.5,
      minZoom: 9,
      maxZoom: MOST_ZOOM,
      attributionControl: false,
    });
    if (city.view.tiles) control.attribution({ prefix: false }).addTo(made);
    control.scale({ imperial: false, position: "bottomright" }).addTo(made);
    const bounds = city.bounds;
    const whole = () => {
      if (bounds) made.fitBounds(latLngBounds(bounds.map(([lng, lat]) => latLng(lat, lng))), { padding: [16, 16] });
      else made.setView(latLng(city.painted(city.view.center)[1], city.painted(city.view.center)[0]), 13);
    };
    if (at) made.setView(latLng(at[1], at[0]), zoom);
    else whole();
    const spots = new DotLayer().addTo(made);
    const hint = popup({ closeButton: false, autoPan: false, className: "map-hint", offset: [0, -8] });
    let hovered = "";
    made.on("mousemove", (event: LeafletMouseEvent) => {
      const under = spots.under(event);
      made.getContainer().style.cursor = under.length && pick.current ? "pointer" : "";
      const first = under[0];
      const text = first
        ? under.length > 1
          ? t("map.several", { n: under.length, first: first.title })
          : first.title
        : "";
      if (text === hovered) return;
      hovered = text;
      if (!first) return void hint.remove();
      const words = document.createElement("span");
      words.textContent = text;
      hint.setContent(words).setLatLng(latLng(first.at[1], first.at[0])).openOn(made);
    });
    made.on("mouseout", () => {
      hovered = "";
      hint.remove();
    });
    made.on("click", (event: LeafletMouseEvent) => pick.current?.(spots.under(event)));
    const watching = new ResizeObserver(() => made.invalidateSize({ animate: false }));
    watching.observe(element.current);
    map.current = made;
    layer.current = spots;
    onReady?.({
      show: ([lng, lat], near = NEAR) => made.setView(latLng(lat, lng), Math.max(made.getZoom(), near)),
      fit: whole,
    });
    return () => {
      watching.disconnect();
      made.remove();
      map.current = null;
      layer.current = null;
    };
  }, []);

  // The ground is painted in the theme's colours and in the chosen language.
  useSignalEffect(() => {
    const city = geography.value;
    const there = map.current;
    void theme.value;
    void language.value;
    if (!city || !there) return;
    const ends = [layGround(there, city)];
    if (grids) ends.push(layGrids(there, city));
    const names = new NameLayer(city, { grids, spots: () => layer.current?.spots ?? [] }).addTo(there);
    const zooms = control
      .zoom({ position: "bottomright", zoomInTitle: t("map.zoom-in"), zoomOutTitle: t("map.zoom-out") })
      .addTo(there);
    layer.current?.repaint();
    return () => {
      for (const end of ends) end();
      names.remove();
      zooms.remove();
    };
  });

  useEffect(() => layer.current?.set(dots, chosen), [dots, chosen]);

  return <div ref={element} class="city-map" role="application" aria-label={label} />;
}
