// A small map of one alert's place, for pages that tell of the alert.
import { useEffect, useMemo } from "preact/hooks";
import type { Alert } from "../api/types";
import { t } from "../i18n";
import { href } from "../router";
import { CityMap } from "./CityMap";
import type { Dot } from "./dots";
import { geography, geographyProblem, loadGeography } from "./geography";

interface PlaceMapProps {
  alert: Pick<Alert, "id" | "subject" | "camera" | "grid" | "severity">;
  title: string;
}

export function PlaceMap({ alert, title }: PlaceMapProps) {
  useEffect(() => void loadGeography(), []);
  const city = geography.value;
  const place = city?.placeOf(alert) ?? null;
  const dots = useMemo((): Dot[] => {
    if (!city || !place) return [];
    const around = city.devices
      .filter((device) => device.grid === alert.grid && device.id !== alert.subject)
      .map((device): Dot => ({
        id: device.id,
        at: device.at,
        title: device.name || device.id,
        layer: "device",
        tone: "faint",
        radius: 2.5,
      }));
    return [
      ...around,
      { id: alert.id, at: place.at, title, layer: "incident", tone: alert.severity, severity: alert.severity },
    ];
  }, [city, alert.id, alert.severity, title]);
  if (!city && geographyProblem.value) return <p class="dim place-map-note">{t("map.unavailable")}</p>;
  if (city && !place) return <p class="dim place-map-note">{t("map.nowhere")}</p>;
  return (
    <div class="place-map">
      {place && <CityMap label={t("map.place-of", { title })} dots={dots} at={place.at} zoom={place.exact ? 16 : 14} />}
      {place && !place.exact && <p class="dim place-map-note">{t("map.inexact")}</p>}
      <a class="place-map-link" href={href(`/map?alert=${encodeURIComponent(alert.id)}`)}>
        {t("map.open-here")}
      </a>
    </div>
  );
}
