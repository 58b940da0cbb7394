// Baselines: of which places what is usual was learnt, from which weeks and how well; learning again, and comparing.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { quantityName } from "../alert/quantities";
import { city, gridName, hubNow, ruleTitle } from "../api/city";
import { get } from "../api/http";
import { number } from "../health/figures";
import { type Key, t, words } from "../i18n";
import { go, href, place } from "../router";
import { mayTune, TuningHead } from "../tuning/Tabs";
import { Button } from "../ui/Button";
import { Pager } from "../ui/Pager";
import { useResource } from "../ui/resource";
import { ScrollX } from "../ui/ScrollX";
import { Empty, Failed, Loading } from "../ui/states";
import { Time } from "../ui/Time";
import { Compare } from "./Compare";
import {
  ageDays,
  firstPossible,
  type Kind,
  leftOutWords,
  type PlaceList,
  type PlaceOf,
  type State,
  whyNotWords,
} from "./documents";
import { Learn } from "./Learn";
import { readPicked, toggled, withQuery } from "./picked";
import "./baselines.css";

const PATH = "/tuning/baselines";
const LIMIT = 50;
const STATES: readonly State[] = ["held", "old", "none"];
const KINDS: readonly { kind: Kind | ""; words: Key }[] = [
  { kind: "", words: "baselines.kind.all" },
  { kind: "water", words: "baselines.kind.water" },
  { kind: "streetlight", words: "baselines.kind.streetlight" },
];
export const STATE_TONES: Readonly<Record<State, string>> = { held: "good", old: "warn", none: "" };

export default function BaselinesPage() {
  return city.value ? <Baselines /> : <Loading rows={8} />;
}

function to(changes: Readonly<Record<string, string | readonly string[]>>): void {
  go(withQuery(PATH, place.peek().query, changes), { replace: true });
}

function Baselines() {
  const query = place.value.query;
  const filters = {
    q: query.get("q") ?? "",
    kind: query.get("kind") ?? "",
    state: query.get("state") ?? "",
    cursor: query.get("cursor") ?? "",
  };
  const picked = readPicked(query);
  const found = useResource(
    (signal) => get<PlaceList>("tuning/baselines/places", { query: { ...filled(filters), limit: LIMIT }, signal }),
    [filters.q, filters.kind, filters.state, filters.cursor],
  );
  const list = found.value;
  const doing = query.get("do") ?? (query.has("learn") ? "learn" : query.has("baselines") ? "compare" : "");
  const known = useRef(new Map<string, Kind>());
  for (const one of list?.items ?? []) known.current.set(one.subject, one.kind);
  const kinds = (["water", "streetlight"] as const).filter((kind) =>
    picked.some((one) => (known.current.get(one) ?? kind) === kind),
  );
  const show = (wanted: string) =>
    to({ do: doing === wanted ? "" : wanted, ...(doing === wanted ? { learn: "", baselines: "" } : {}) });
  const isBare = list !== null && list.counts.held + list.counts.old === 0;
  return (
    <div class="column baselines">
      <TuningHead title={t("baselines.title")} about={t("baselines.about")}>
        {mayTune() && (
          <>
            <Button icon="clock" aria-pressed={doing === "learn"} onClick={() => show("learn")}>
              {t("baselines.learn")}
            </Button>
            <Button icon="chart" aria-pressed={doing === "compare"} onClick={() => show("compare")}>
              {t("baselines.compare")}
            </Button>
          </>
        )}
      </TuningHead>
      {mayTune() && doing === "learn" && list && (
        <Learn picked={picked} whyNotWritable={list.why_not_writable} onApplied={found.again} />
      )}
      {mayTune() && doing === "compare" && <Compare subjects={picked} kinds={kinds.length ? kinds : ["water"]} />}
      {list && isBare && list.learnings.length === 0 && <First list={list} />}
      <div class="tuning-columns">
        <section class="panel">
          <header class="baseline-filters">
            <h2>{t("baselines.places")}</h2>
            <Search text={filters.q} />
            <fieldset class="choices">
              <legend class="visually-hidden">{t("baselines.kind")}</legend>
              {KINDS.map(({ kind, words: key }) => (
                <button
                  key={kind}
                  type="button"
                  class="button"
                  aria-pressed={filters.kind === kind}
                  onClick={() => to({ kind, cursor: "" })}
                >
                  {t(key)}
                </button>
              ))}
            </fieldset>
            <fieldset class="choices">
              <legend class="visually-hidden">{t("baselines.state")}</legend>
              {STATES.map((state) => (
                <button
                  key={state}
                  type="button"
                  class="button"
                  aria-pressed={filters.state === state}
                  onClick={() => to({ state: filters.state === state ? "" : state, cursor: "" })}
                >
                  {words(`baselines.state.${state}`)} {list && <b>{number(list.counts[state])}</b>}
                </button>
              ))}
            </fieldset>
          </header>
          {picked.length > 0 && (
            <p class="baseline-picked">
              {t("baselines.picked", { n: picked.length })}{" "}
              <Button kind="quiet" onClick={() => to({ pick: "" })}>
                {t("baselines.unpick")}
              </Button>
            </p>
          )}
          {!list ? (
            found.problem ? (
              <Failed problem={found.problem} again={found.again} />
            ) : (
              <Loading rows={8} />
            )
          ) : list.items.length === 0 ? (
            <Empty icon="search" title={t(isFiltered(filters) ? "baselines.none-found" : "baselines.no-places")}>
              {isFiltered(filters) && (
                <Button onClick={() => to({ q: "", kind: "", state: "", cursor: "" })}>{t("baselines.all")}</Button>
              )}
            </Empty>
          ) : (
            <>
              <Places items={list.items} picked={picked} />
              <p class="field-hint baseline-found">{t("baselines.found", { n: list.found })}</p>
              <Pager
                cursor={filters.cursor}
                next={list.next}
                words={{ first: t("baselines.first"), next: t("baselines.next") }}
                show={(cursor) => to({ cursor })}
              />
            </>
          )}
        </section>
        {list && <Side list={list} />}
      </div>
    </div>
  );
}

function filled(filters: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value));
}

function isFiltered(filters: Readonly<Record<string, string>>): boolean {
  return Object.values(filters).some(Boolean);
}

const REST_MS = 250;

function Search({ text }: { text: string }) {
  const typed = useSignal(text);
  useEffect(() => {
    typed.value = text;
  }, [text]);
  useEffect(() => {
    if (typed.value === text) return;
    const timer = setTimeout(() => to({ q: typed.value.trim(), cursor: "" }), REST_MS);
    return () => clearTimeout(timer);
  }, [typed.value]);
  return (
    <input
      type="search"
      class="baseline-search"
      aria-label={t("baselines.search")}
      placeholder={t("baselines.search")}
      value={typed.value}
      onInput={(event) => {
        typed.value = event.currentTarget.value;
      }}
    />
  );
}

function Places({ items, picked }: { items: readonly PlaceOf[]; picked: readonly string[] }) {
  const now = hubNow();
  return (
    <ScrollX label={t("baselines.places")}>
      <table class="table cards">
        <thead>
          <tr>
            {mayTune() && (
              <th>
                <span class="visually-hidden">{t("baselines.pick")}</span>
              </th>
            )}
            <th>{t("baselines.place")}</th>
            <th>{t("baselines.quantity")}</th>
            <th>{t("baselines.state")}</th>
            <th>{t("baselines.weeks")}</th>
            <th class="number">{t("baselines.hours")}</th>
            <th>{t("baselines.last")}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((one, index) => {
            const begins = items[index - 1]?.subject !== one.subject;
            return (
              <tr key={`${one.subject} ${one.quantity}`}>
                {mayTune() && (
                  <td>
                    {begins && (
                      <input
                        type="checkbox"
                        aria-label={t("baselines.pick-one", { name: one.name || one.subject })}
                        checked={picked.includes(one.subject)}
                        onChange={() => to({ pick: toggled(picked, one.subject) })}
                      />
                    )}
                  </td>
                )}
                <td>
                  <a href={href(`${PATH}/${encodeURIComponent(one.subject)}?quantity=${one.quantity}`)}>
                    {one.name && <span class="subject-name">{one.name} </span>}
                    <span class={one.name ? "subject-id mono" : "mono"}>{one.subject}</span>
                  </a>
                  <span class="dim"> {gridName(one.grid)}</span>
                  {one.kind === "streetlight" && <span class="dim"> · {t("baselines.lamps", { n: one.members })}</span>}
                </td>
                <td>{quantityName(one.quantity)}</td>
                <td>
                  <span class={`tag ${STATE_TONES[one.state]}`}>{words(`baselines.state.${one.state}`)}</span>{" "}
                  {one.state === "held" && !one.is_judged && (
                    <span class="tag warn" title={t("baselines.off-about", { rule: one.rule })}>
                      {t("baselines.off")}
                    </span>
                  )}
                </td>
                <td>
                  {one.profile ? (
                    <>
                      <Time at={one.profile.learnt_from} /> – <Time at={one.profile.learnt_until} />{" "}
                      <span class="dim nowrap">{t("baselines.age", { n: ageDays(one.profile, now) })}</span>
                    </>
                  ) : (
                    <span class="dim">—</span>
                  )}
                </td>
                <td class="number">
                  {one.profile ? (
                    <>
                      {number(one.profile.hours)}
                      <span class="dim"> {t("baselines.cells", { n: one.profile.learnt_cells })}</span>
                    </>
                  ) : (
                    <span class="dim">—</span>
                  )}
                </td>
                <td>
                  <LastOf one={one} />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </ScrollX>
  );
}

export function LastOf({ one }: { one: PlaceOf }) {
  if (!one.last) return <span class="dim">{t("baselines.never")}</span>;
  const left = one.last.left_out;
  return (
    <>
      {one.last.why_not && <p class="major">{t("baselines.not-learnt-why", { why: whyNotWords(one.last) })}</p>}
      {left > 0 ? (
        <span class="dim">
          {t("baselines.left-out-n", { n: left })}
          {Object.keys(one.last.left_out_why).length > 0 && ` (${leftOutWords(one.last.left_out_why)})`}
        </span>
      ) : (
        !one.last.why_not && <span class="dim">{t("baselines.none-left-out")}</span>
      )}
    </>
  );
}

/** What to do where nothing was ever learnt. */
function First({ list }: { list: PlaceList }) {
  const possible = firstPossible(list);
  const is = possible !== null && possible <= hubNow();
  return (
    <section class="panel" aria-label={t("baselines.first-title")}>
      <header>
        <h2>{t("baselines.first-title")}</h2>
      </header>
      <div class="panel-content">
        <ol class="baseline-steps">
          <li>
            {t("baselines.step-weeks", { weeks: list.least_weeks })}{" "}
            {list.stored_since ? (
              <strong>
                {t("baselines.stored-since")} <Time at={list.stored_since} as="full" />.{" "}
                {!is && possible !== null && (
                  <>
                    {t("baselines.possible-at")} <Time at={new Date(possible).toISOString()} as="full" />.
                  </>
                )}
              </strong>
            ) : (
              <strong>{t("baselines.nothing-stored")}</strong>
            )}
          </li>
          <li>{t("baselines.step-learn")}</li>
          <li>{t("baselines.step-compare")}</li>
          <li>{t("baselines.step-on")}</li>
        </ol>
      </div>
    </section>
  );
}

function Side({ list }: { list: PlaceList }) {
  return (
    <div class="tuning-side">
      <section class="panel">
        <header>
          <h2>{t("baselines.rules")}</h2>
        </header>
        <div class="panel-content">
          <ul class="lacking">
            {Object.entries(list.rules).map(([rule, on]) => (
              <li key={rule}>
                <a href={href(`/rules/${rule}`)}>{ruleTitle(rule)}</a>
                <span class={`tag ${on ? "good" : "warn"}`}>{t(on ? "baselines.on" : "baselines.off")}</span>
              </li>
            ))}
          </ul>
          <p class="field-hint">{t("baselines.rules-about")}</p>
        </div>
      </section>
      <section class="panel">
        <header>
          <h2>{t("baselines.learnings")}</h2>
        </header>
        <div class="panel-content">
          <p>
            {list.learn_every_days === null
              ? t("baselines.by-hand")
              : t("baselines.by-itself", { n: number(list.learn_every_days) })}
          </p>
          {list.learnings.length === 0 ? (
            <p class="dim">{t("baselines.no-learnings")}</p>
          ) : (
            <ul class="baseline-learnings">
              {list.learnings.map((one) => (
                <li key={one.learnt_at}>
                  <Time at={one.learnt_at} as="full" /> · {one.learnt_by} ·{" "}
                  {t(one.is_whole ? "baselines.whole-city" : "baselines.some-places")}
                  {one.note && <p>{one.note}</p>}
                  <p class="dim">
                    {t("baselines.from")} <Time at={one.since} /> {t("baselines.to")} <Time at={one.until} />
                  </p>
                </li>
              ))}
            </ul>
          )}
        </div>
      </section>
    </div>
  );
}
