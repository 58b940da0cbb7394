// The card of what was chosen on the map: an incident, a camera with its picture, or a device with what is open on it.
import { useEffect } from "preact/hooks";
import { outageName, quantityName, unitOf } from "../alert/quantities";
import { why } from "../alert/why";
import { gridName, hubNow, ruleTitle } from "../api/city";
import { nameOf } from "../api/names";
import { get } from "../api/http";
import { may } from "../api/session";
import type { Alert } from "../api/types";
import { LivePicture } from "../cameras/LivePicture";
import { t, words } from "../i18n";
import { href } from "../router";
import { traceOfDevice } from "../trace/address";
import { IconButton } from "../ui/Button";
import { useResource } from "../ui/resource";
import { SeverityMark } from "../ui/Severity";
import { Time } from "../ui/Time";
import { geography } from "./geography";
import { openAlerts } from "./openAlerts";

const AGAIN_MS = 10_000;

export function Chosen({ id, onClose }: { id: string; onClose: () => void }) {
  const alert = openAlerts.value?.get(id);
  const thing = geography.value?.find(id);
  const title = alert ? ruleTitle(alert.rule) : thing ? thing.name || thing.id : id;
  return (
    <section class="map-card panel" aria-label={title}>
      <header>
        <h2>{title}</h2>
        <IconButton icon="close" label={t("ui.close")} onClick={onClose} />
      </header>
      <div class="panel-content">
        {alert ? (
          <AlertCard alert={alert} />
        ) : thing ? (
          <>
            <p class="dim">
              {words(`map.thing.${thing.kind}`)} · {thing.id} · {gridName(thing.grid)}
            </p>
            {thing.kind === "camera" && may("evidence:read") && (
              <>
                <LivePicture camera={thing.id} fps={1} widthPx={480} />
                <a class="button" href={href(`/cameras/${encodeURIComponent(thing.id)}`)}>
                  {t("map.open-camera")}
                </a>
              </>
            )}
            {thing.kind !== "camera" && <Readings id={thing.id} />}
            {thing.kind !== "camera" && may("tune:write") && (
              <a
                class="button"
                title={t("trace.why-none-about")}
                href={href(traceOfDevice(thing.kind, thing.id, hubNow()))}
              >
                {t("trace.why-none")}
              </a>
            )}
            <OpenHere id={thing.id} />
          </>
        ) : (
          <p class="dim">{openAlerts.value ? t("map.gone") : t("ui.loading")}</p>
        )}
      </div>
    </section>
  );
}

function AlertCard({ alert }: { alert: Alert }) {
  return (
    <>
      <p class="map-card-line">
        <SeverityMark severity={alert.severity} hollow={alert.acknowledged} />
        <Time at={alert.raised_at} as="ago" />
        {alert.acknowledged && <span class="tag good">{t("map.acknowledged")}</span>}
      </p>
      <p>
        {nameOf(alert.subject) ?? geography.value?.nameOf(alert) ?? alert.subject}{" "}
        <span class="dim">
          {alert.subject} · {gridName(alert.grid)}
        </span>
      </p>
      <p class="map-reason">{why(alert)}</p>
      <p class="map-card-line">
        <a class="button primary" href={href(`/alerts/${alert.id}`)}>
          {t("map.open-alert")}
        </a>
        {alert.camera && (
          <a class="button" href={href(`/cameras/${encodeURIComponent(alert.camera)}`)}>
            {t("map.open-camera")}
          </a>
        )}
      </p>
    </>
  );
}

interface DeviceState {
  online: boolean | null;
  outage: string;
  silent: boolean;
  last_heard: string | null;
  readings: Record<string, { value: number; at: string }>;
}

/** What a device said last. */
function Readings({ id }: { id: string }) {
  const found = useResource((signal) => get<{ items: DeviceState[] }>("devices", { query: { id }, signal }), [id]);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) found.again();
    }, AGAIN_MS);
    return () => clearInterval(timer);
  }, [id]);
  const device = found.value?.items[0];
  if (!device) return found.loading ? <p class="dim">{t("ui.loading")}</p> : null;
  return (
    <>
      <p class="map-card-line">
        <span class="dim">{t("map.last-heard")}</span> <Time at={device.last_heard} as="ago" />
        {device.silent && <span class="tag bad">{t("map.silent")}</span>}
        {device.online === false && (
          <span class="tag bad" title={outageName(device.outage)}>
            {t("map.offline")}
          </span>
        )}
      </p>
      <dl class="map-readings">
        {Object.entries(device.readings).map(([name, { value }]) => (
          <div key={name}>
            <dt class="dim">{quantityName(name)}</dt>
            <dd>
              {Math.round(value * 100) / 100} {unitOf(name)}
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function OpenHere({ id }: { id: string }) {
  const here = [...(openAlerts.value?.values() ?? [])].filter(
    (alert) => alert.subject === id || alert.camera === id || alert.members.includes(id),
  );
  if (here.length === 0) return <p class="dim">{t("map.nothing-open")}</p>;
  return (
    <ul class="open-here">
      {here.slice(0, 8).map((alert) => (
        <li key={alert.id}>
          <SeverityMark severity={alert.severity} hollow={alert.acknowledged} />
          <a href={href(`/alerts/${alert.id}`)}>{ruleTitle(alert.rule)}</a>
          <Time at={alert.raised_at} as="ago" />
        </li>
      ))}
    </ul>
  );
}
