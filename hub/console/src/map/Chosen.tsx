// The card of what was chosen on the map: an incident, a camera with its picture, or a device with what is open on it.
import { gridName, ruleTitle } from "../api/city";
import { may } from "../api/session";
import type { Alert } from "../api/types";
import { LivePicture } from "../cameras/LivePicture";
import { t, words } from "../i18n";
import { href } from "../router";
import { IconButton } from "../ui/Button";
import { SeverityMark } from "../ui/Severity";
import { Time } from "../ui/Time";
import { geography } from "./geography";
import { openAlerts } from "./openAlerts";

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
              {words(`map.kind.${thing.kind}`)} · {thing.id} · {gridName(thing.grid)}
            </p>
            {thing.kind === "camera" && may("evidence:read") && (
              <>
                <LivePicture camera={thing.id} fps={1} widthPx={480} />
                <a class="button" href={href(`/cameras/${encodeURIComponent(thing.id)}`)}>
                  {t("map.open-camera")}
                </a>
              </>
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
        {geography.value?.nameOf(alert) ?? alert.subject}{" "}
        <span class="dim">
          {alert.subject} · {gridName(alert.grid)}
        </span>
      </p>
      <p class="map-reason">{alert.reason.text}</p>
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
