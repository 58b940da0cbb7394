// Streetlights: what burns, what is dark and what should, by circuit, as a list and on the map.
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { gridName } from "../api/city";
import { t, words } from "../i18n";
import { CityMap, type MapHandle } from "../map/CityMap";
import type { Dot } from "../map/dots";
import { geography } from "../map/geography";
import { go, href, place } from "../router";
import { Button, IconButton } from "../ui/Button";
import { useResource } from "../ui/resource";
import { SeverityMark } from "../ui/Severity";
import { Empty, Failed, Loading, problemText } from "../ui/states";
import { Time } from "../ui/Time";
import {
  byTrouble,
  type Circuit,
  type Lamp,
  readCircuits,
  readLamps,
  STATES,
  toneOf,
  totals,
  unknownLamps,
  wrongLamps,
} from "./api";
import "./streetlights.css";

const AGAIN_MS = 10_000;

export default function StreetlightsPage() {
  const found = useResource(readCircuits, []);
  const trouble = useSignal(false);
  const handle = useSignal<MapHandle | null>(null);
  const chosen = place.value.query.get("circuit");
  const lamps = useResource((signal) => (chosen ? readLamps(chosen, signal) : Promise.resolve(null)), [chosen]);
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.hidden) return;
      found.again();
      if (chosen) lamps.again();
    }, AGAIN_MS);
    return () => clearInterval(timer);
  }, [chosen]);
  const city = geography.value;
  const items = found.value?.items ?? null;
  const dots = useMemo(
    () => paint(items ?? [], lamps.value?.lamps ?? null, chosen),
    [items, lamps.value, chosen, city],
  );
  const counted = totals(items ?? []);

  useEffect(() => {
    const at = chosen ? city?.circuitAt(chosen) : null;
    if (at) handle.value?.show(at, 16);
  }, [chosen, city, handle.value]);

  if (!items) return found.problem ? <Failed problem={found.problem} again={found.again} /> : <Loading />;
  if (items.length === 0)
    return (
      <Empty icon="lamp" title={t("streetlights.none")}>
        <p>{t("streetlights.none-hint")}</p>
      </Empty>
    );
  const shown = [...items]
    .filter((circuit) => !trouble.value || circuit.severity || wrongLamps(circuit) > 0 || unknownLamps(circuit) > 0)
    .sort(byTrouble);
  return (
    <div class="lights-page">
      <section class="lights-list">
        <header class="lights-head">
          <h1>{t("shell.streetlights")}</h1>
          <dl class="lights-totals" aria-label={t("streetlights.summary")}>
            {STATES.filter((state) => counted[state] > 0 || state === "burning" || state === "dark").map((state) => (
              <div key={state} class={`lights-total ${state}`}>
                <dt>
                  <i aria-hidden="true" /> {words(`streetlights.state.${state}`)}
                </dt>
                <dd>{counted[state]}</dd>
              </div>
            ))}
            <div class={`lights-total ${counted.wrong ? "wrong" : ""}`}>
              <dt>{t("streetlights.wrong")}</dt>
              <dd>{counted.wrong}</dd>
            </div>
            <div class="lights-total">
              <dt>{t("streetlights.power")}</dt>
              <dd>{t("streetlights.kw", { n: (counted.powerW / 1000).toFixed(1) })}</dd>
            </div>
          </dl>
          <div class="lights-tools">
            <Button aria-pressed={trouble.value} icon="filter" onClick={() => (trouble.value = !trouble.value)}>
              {t("streetlights.only-wrong")}
            </Button>
            <span class="dim">
              {t("streetlights.as-of")} <Time at={found.value?.at} as="clock" />
            </span>
          </div>
          {found.problem && <p class="notice failed">{problemText(found.problem)}</p>}
        </header>
        {shown.length === 0 ? (
          <Empty title={t("streetlights.no-trouble")} />
        ) : (
          <ul class="lights-circuits">
            {shown.map((circuit) => (
              <li key={circuit.id}>
                <Row circuit={circuit} chosen={circuit.id === chosen} />
                {circuit.id === chosen && lamps.value && <Lamps lamps={lamps.value.lamps} />}
              </li>
            ))}
          </ul>
        )}
        <p class="dim lights-note">{t("streetlights.commands-later")}</p>
      </section>
      <div class="map-stage">
        <CityMap
          label={t("streetlights.map")}
          dots={dots}
          chosen={chosen}
          onPick={([first]) => first && choose(first.id)}
          onReady={(made) => {
            handle.value = made;
          }}
        />
        <div class="map-tools">
          <IconButton icon="expand" label={t("map.whole-city")} onClick={() => handle.value?.fit()} />
        </div>
        <Legend />
      </div>
    </div>
  );
}

function choose(id: string): void {
  const circuit = geography.value?.find(id)?.circuit ?? id;
  go(`/streetlights?circuit=${encodeURIComponent(circuit)}`);
}

function paint(circuits: readonly Circuit[], lamps: readonly Lamp[] | null, chosen: string | null): Dot[] {
  const city = geography.value;
  if (!city) return [];
  const dots: Dot[] = [];
  for (const circuit of circuits) {
    if (!circuit.place) continue;
    if (circuit.id !== chosen || !lamps)
      dots.push({
        id: circuit.id,
        at: city.painted(circuit.place),
        title: `${circuit.name || circuit.id} · ${said(circuit)}`,
        layer: circuit.severity ? "incident" : "device",
        tone: toneOf(circuit),
        radius: 8,
        ...(circuit.severity ? { severity: circuit.severity } : {}),
      });
  }
  for (const lamp of lamps ?? []) {
    if (!lamp.place) continue;
    dots.push({
      id: lamp.id,
      at: city.painted(lamp.place),
      title: `${lamp.name || lamp.id} · ${words(`streetlights.state.${lamp.state}`)}`,
      layer: "device",
      tone: lamp.alerts.length ? "major" : `lamp-${lamp.state}`,
      radius: 6,
      hollow: lamp.state !== "burning",
    });
  }
  return dots;
}

function said(circuit: Circuit): string {
  const counts = STATES.filter((state) => circuit.states[state])
    .map((state) => `${words(`streetlights.state.${state}`)} ${circuit.states[state]}`)
    .join(" · ");
  return `${counts} · ${should(circuit)}`;
}

function should(circuit: Circuit): string {
  if (circuit.should_burn === null) return t("streetlights.should-either");
  return circuit.should_burn ? t("streetlights.should-burn") : t("streetlights.should-dark");
}

function Row({ circuit, chosen }: { circuit: Circuit; chosen: boolean }) {
  const wrong = wrongLamps(circuit);
  return (
    <button
      type="button"
      class="lights-row"
      aria-expanded={chosen}
      onClick={() => (chosen ? go("/streetlights") : choose(circuit.id))}
    >
      <span class="lights-name">
        <strong class="ellipsis">{circuit.name || circuit.id}</strong>
        <span class="dim ellipsis">{gridName(circuit.grid)}</span>
      </span>
      <span class="lights-should">
        <span class={`tag ${wrong > circuit.lamps / 2 ? "warn" : ""}`}>{should(circuit)}</span>
        {circuit.severity && <SeverityMark severity={circuit.severity} />}
      </span>
      <Bar circuit={circuit} />
      <span class="lights-power dim">
        {circuit.power_w === null ? "—" : t("streetlights.kw", { n: (circuit.power_w / 1000).toFixed(2) })}
        {" · "}
        <Time at={circuit.newest_at} as="ago" />
      </span>
    </button>
  );
}

/** The lamps' states as one bar; the same is told in words. */
function Bar({ circuit }: { circuit: Circuit }) {
  const parts = STATES.filter((state) => circuit.states[state]);
  return (
    <span class="lights-bar-line">
      <span class="lights-bar" aria-hidden="true">
        {parts.map((state) => (
          <i key={state} class={state} style={{ flexGrow: circuit.states[state] ?? 0 }} />
        ))}
      </span>
      <span class="lights-bar-words">
        {parts.map((state) => `${words(`streetlights.state.${state}`)} ${circuit.states[state]}`).join(" · ")}
      </span>
    </span>
  );
}

function Lamps({ lamps }: { lamps: readonly Lamp[] }) {
  return (
    <ul class="lights-lamps">
      {lamps.map((lamp) => (
        <li key={lamp.id} class={lamp.state}>
          <i aria-hidden="true" />
          <span class="ellipsis">{lamp.name || lamp.id}</span>
          <span>{words(`streetlights.state.${lamp.state}`)}</span>
          <span class="dim">{lamp.power_w === null ? "—" : t("streetlights.w", { n: Math.round(lamp.power_w) })}</span>
          {lamp.alerts[0] && <a href={href(`/alerts/${lamp.alerts[0]}`)}>{t("map.open-alert")}</a>}
        </li>
      ))}
    </ul>
  );
}

function Legend() {
  return (
    <ul class="lights-legend panel" aria-hidden="true">
      {STATES.map((state) => (
        <li key={state} class={state}>
          <i /> {words(`streetlights.state.${state}`)}
        </li>
      ))}
      <li class="most-wrong">
        <i /> {t("streetlights.wrong")}
      </li>
    </ul>
  );
}
