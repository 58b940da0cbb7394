// Search: what is typed goes to the hub after a short rest, and the newest question's answer is shown.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { gridName, ruleTitle } from "../api/city";
import { get } from "../api/http";
import { why } from "../alert/why";
import type { Reason, Severity, Stage } from "../api/types";
import { t, words } from "../i18n";
import { go, href, place } from "../router";
import { Icon } from "../ui/Icon";
import { useResource } from "../ui/resource";
import { SeverityMark } from "../ui/Severity";
import { Subject } from "../ui/Subject";
import { Empty, Failed, Loading } from "../ui/states";
import { Time } from "../ui/Time";
import "./search.css";

interface FoundAlert {
  id: string;
  rule: string;
  severity: Severity;
  condition: "active" | "cleared";
  grid: string;
  subject: string;
  raised_at: string;
  reason: Reason;
}

interface FoundThing {
  kind: string;
  id: string;
  name: string;
  grid: string;
  camera: string | null;
}

interface FoundCase {
  id: string;
  number: string;
  title: string;
  stage: Stage;
  grid: string;
  severity: Severity;
  opened_at: string;
}

interface Found {
  alerts: FoundAlert[];
  cases: FoundCase[];
  things: FoundThing[];
  more: { alerts: boolean; cases: boolean; things: boolean };
}

const REST_MS = 250;
const LIMIT = 20;

export default function SearchPage() {
  const asked = place.value.query.get("q") ?? "";
  const typed = useSignal(asked);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  useEffect(() => {
    if (typed.value.trim() === asked) return;
    const timer = setTimeout(() => {
      const text = typed.value.trim();
      go(text ? `/search?${new URLSearchParams({ q: text })}` : "/search", { replace: true });
    }, REST_MS);
    return () => clearTimeout(timer);
  }, [typed.value, asked]);
  const found = useResource<Found | null>(
    (signal) => (asked ? get<Found>("search", { query: { q: asked, limit: LIMIT }, signal }) : Promise.resolve(null)),
    [asked],
  );
  return (
    <div class="search-page">
      <h1 class="visually-hidden">{t("search.title")}</h1>
      <search>
        <label>
          <span class="visually-hidden">{t("search.label")}</span>
          <Icon name="search" />
          <input
            ref={input}
            type="search"
            autocomplete="off"
            spellcheck={false}
            maxLength={200}
            placeholder={t("search.placeholder")}
            value={typed.value}
            onInput={(event) => {
              typed.value = event.currentTarget.value;
            }}
          />
        </label>
      </search>
      <div aria-live="polite" aria-busy={found.loading}>
        {!asked ? (
          <Empty icon="search" title={t("search.label")}>
            <p>{t("search.hint")}</p>
          </Empty>
        ) : found.problem ? (
          <Failed problem={found.problem} again={found.again} />
        ) : found.value ? (
          <Results found={found.value} asked={asked} />
        ) : (
          <Loading />
        )}
      </div>
    </div>
  );
}

function Results({ found, asked }: { found: Found; asked: string }) {
  if (found.alerts.length + found.things.length + found.cases.length === 0)
    return (
      <Empty icon="search" title={t("search.none", { q: asked })}>
        <p>{t("search.none-hint")}</p>
      </Empty>
    );
  return (
    <div class="search-results">
      {found.cases.length > 0 && (
        <section class="panel">
          <header>
            <h2>{t("search.cases")}</h2>
            {found.more.cases && <span class="dim">{t("search.more")}</span>}
          </header>
          <ul>
            {found.cases.map((one) => (
              <li key={one.id}>
                <a href={href(`/cases/${one.id}`)}>
                  <SeverityMark severity={one.severity} />
                  <span class="search-what">
                    <b class="mono">{one.number}</b> {one.title}
                  </span>
                  <span class="tag">{words(`cases.stage.${one.stage}`)}</span>
                  <span class="dim nowrap">{gridName(one.grid)}</span>
                  <Time at={one.opened_at} />
                </a>
              </li>
            ))}
          </ul>
        </section>
      )}
      {found.alerts.length > 0 && (
        <section class="panel">
          <header>
            <h2>{t("search.alerts")}</h2>
            {found.more.alerts && <span class="dim">{t("search.more")}</span>}
          </header>
          <ul>
            {found.alerts.map((alert) => (
              <li key={alert.id}>
                <a href={href(`/alerts/${alert.id}`)}>
                  <SeverityMark severity={alert.severity} hollow={alert.condition === "cleared"} />
                  <span class="search-what">
                    <b>{ruleTitle(alert.rule)}</b> <Subject id={alert.subject} /> <span class="dim">{why(alert)}</span>
                  </span>
                  <span class="tag">{t(alert.condition === "active" ? "search.active" : "search.cleared")}</span>
                  <span class="dim nowrap">{gridName(alert.grid)}</span>
                  <Time at={alert.raised_at} />
                </a>
              </li>
            ))}
          </ul>
        </section>
      )}
      {found.things.length > 0 && (
        <section class="panel">
          <header>
            <h2>{t("search.things")}</h2>
            {found.more.things && <span class="dim">{t("search.more")}</span>}
          </header>
          <ul>
            {found.things.map((thing) => (
              <li key={`${thing.kind} ${thing.id}`}>
                <a href={whereTo(thing)}>
                  <span class="tag">{words(`search.kind.${thing.kind}`)}</span>
                  <span class="search-what">
                    <b>{thing.name || thing.id}</b> <span class="dim mono">{thing.name ? thing.id : ""}</span>
                  </span>
                  <span class="dim nowrap">{gridName(thing.grid)}</span>
                </a>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

function whereTo(thing: FoundThing): string {
  if (thing.kind === "camera") return href(`/cameras/${encodeURIComponent(thing.id)}`);
  if (thing.camera) return href(`/cameras/${encodeURIComponent(thing.camera)}`);
  if (thing.kind === "circuit") return href(`/streetlights?circuit=${encodeURIComponent(thing.id)}`);
  const kind = thing.kind === "grid" ? "grid" : "device";
  return href(`/map?${kind}=${encodeURIComponent(thing.id)}`);
}
