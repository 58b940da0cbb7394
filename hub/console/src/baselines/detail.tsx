// What is usual at one place: each quantity's week with the last seven days over it, and hour by hour as a table.
import { quantityName } from "../alert/quantities";
import { city, gridName, hubNow, ruleTitle } from "../api/city";
import { get } from "../api/http";
import { number } from "../health/figures";
import { t, words } from "../i18n";
import { go, href, place } from "../router";
import type { PageProps } from "../routes";
import { mayTune, TuningHead } from "../tuning/Tabs";
import { Button } from "../ui/Button";
import { useResource } from "../ui/resource";
import { Empty, Failed, Loading } from "../ui/states";
import { Time } from "../ui/Time";
import { Compare } from "./Compare";
import { ageDays, type PlaceList, type PlaceOf, type Recent } from "./documents";
import { Heat } from "./Heat";
import { LastOf, STATE_TONES } from "./page";
import { withQuery } from "./picked";
import { Week } from "./Week";
import "./baselines.css";

export default function BaselinePage({ parameters }: PageProps) {
  const id = parameters["id"] ?? "";
  return city.value ? <One key={id} id={id} /> : <Loading rows={8} />;
}

function One({ id }: { id: string }) {
  const query = place.value.query;
  const path = `/tuning/baselines/${encodeURIComponent(id)}`;
  const found = useResource(
    (signal) => get<PlaceList>("tuning/baselines/places", { query: { device: id, limit: 10 }, signal }),
    [id],
  );
  const list = found.value;
  if (!list) return found.problem ? <Failed problem={found.problem} again={found.again} /> : <Loading rows={8} />;
  const chosen = list.items.find((one) => one.quantity === query.get("quantity")) ?? list.items[0];
  if (!chosen)
    return (
      <div class="column">
        <TuningHead title={t("baselines.title")} about={t("baselines.about")} />
        <Empty icon="search" title={t("baselines.no-such", { name: id })}>
          <a class="button" href={href("/tuning/baselines")}>
            {t("baselines.all")}
          </a>
        </Empty>
      </div>
    );
  const comparing = query.get("do") === "compare" || query.has("baselines");
  const learn = `/tuning/baselines?do=learn&pick=${encodeURIComponent(chosen.subject)}`;
  return (
    <div class="column baselines">
      <TuningHead
        title={chosen.name || chosen.subject}
        about={[chosen.name ? chosen.subject : "", gridName(chosen.grid)].filter(Boolean).join(" · ")}
      >
        {list.items.length > 1 && (
          <fieldset class="choices">
            <legend class="visually-hidden">{t("baselines.quantity")}</legend>
            {list.items.map((one) => (
              <button
                key={one.quantity}
                type="button"
                class="button"
                aria-pressed={one === chosen}
                onClick={() => go(withQuery(path, query, { quantity: one.quantity }), { replace: true })}
              >
                {quantityName(one.quantity)}
              </button>
            ))}
          </fieldset>
        )}
        <a class="button" href={href("/tuning/baselines")}>
          {t("baselines.all")}
        </a>
        {mayTune() && (
          <>
            <a class="button" href={href(learn)}>
              {t("baselines.learn")}
            </a>
            <Button
              icon="chart"
              aria-pressed={comparing}
              onClick={() =>
                go(withQuery(path, query, comparing ? { do: "", baselines: "" } : { do: "compare" }), { replace: true })
              }
            >
              {t("baselines.compare")}
            </Button>
          </>
        )}
      </TuningHead>
      {comparing && mayTune() && <Compare subjects={[chosen.subject]} kinds={[chosen.kind]} />}
      <Profile key={chosen.quantity} one={chosen} learn={learn} weeks={list.least_weeks} />
    </div>
  );
}

function Profile({ one, learn, weeks }: { one: PlaceOf; learn: string; weeks: number }) {
  const recent = useResource(
    (signal) =>
      get<Recent>("tuning/baselines/hours", { query: { device: one.subject, quantity: one.quantity }, signal }),
    [one.subject, one.quantity],
  );
  const heard = recent.value?.hours.some((hour) => hour.mean !== null) ?? false;
  const name = quantityName(one.quantity);
  return (
    <>
      <section class="panel" aria-label={t("baselines.facts")}>
        <div class="panel-content">
          <dl class="baseline-facts">
            <div>
              <dt>{t("baselines.state")}</dt>
              <dd>
                <span class={`tag ${STATE_TONES[one.state]}`}>{words(`baselines.state.${one.state}`)}</span>{" "}
                {one.state === "old" && <span>{t("baselines.old-about", { n: number(one.profile_days) })}</span>}
              </dd>
            </div>
            <div>
              <dt>{t("baselines.rule")}</dt>
              <dd>
                <a href={href(`/rules/${one.rule}`)}>{ruleTitle(one.rule)}</a>{" "}
                <span class={`tag ${one.is_judged ? "good" : "warn"}`}>
                  {t(one.is_judged ? "baselines.on" : "baselines.off")}
                </span>
              </dd>
            </div>
            {one.profile && (
              <>
                <div>
                  <dt>{t("baselines.weeks")}</dt>
                  <dd>
                    <Time at={one.profile.learnt_from} /> – <Time at={one.profile.learnt_until} />,{" "}
                    {t("baselines.age", { n: ageDays(one.profile, hubNow()) })}
                  </dd>
                </div>
                <div>
                  <dt>{t("baselines.hours")}</dt>
                  <dd>
                    {number(one.profile.hours)} {t("baselines.cells", { n: one.profile.learnt_cells })}
                  </dd>
                </div>
                <div>
                  <dt>{t("baselines.version")}</dt>
                  <dd class="mono">{one.profile.version}</dd>
                </div>
              </>
            )}
            <div>
              <dt>{t("baselines.last")}</dt>
              <dd>
                {one.last && (
                  <>
                    <Time at={one.last.learnt_at} as="full" /> · {one.last.learnt_by}
                    {one.last.note && ` · ${one.last.note}`} ·{" "}
                  </>
                )}
                <LastOf one={one} />
              </dd>
            </div>
          </dl>
        </div>
      </section>
      <section class="panel" aria-label={t("baselines.week")}>
        <header>
          <h2>
            {t("baselines.week")} <span class="dim">{`${name}, ${one.unit}`}</span>
          </h2>
          <Button kind="quiet" icon="undo" onClick={recent.again}>
            {t("baselines.again")}
          </Button>
        </header>
        <div class="panel-content">
          {!recent.value ? (
            recent.problem ? (
              <Failed problem={recent.problem} again={recent.again} />
            ) : (
              <Loading rows={5} />
            )
          ) : !heard && !one.profile ? (
            <Empty icon="chart" title={t("baselines.no-hours")}>
              <p>{t("baselines.no-hours-hint", { weeks })}</p>
            </Empty>
          ) : (
            <Week recent={recent.value} />
          )}
        </div>
      </section>
      <section class="panel" aria-label={t("baselines.by-hour")}>
        <header>
          <h2>{t("baselines.by-hour")}</h2>
        </header>
        {one.profile?.cells ? (
          <div class="panel-content">
            <Heat cells={one.profile.cells} quantity={one.quantity} unit={one.unit} />
            <p class="field-hint">{t("baselines.heat-about")}</p>
          </div>
        ) : (
          <Empty icon="clock" title={t("baselines.no-profile")}>
            <p>{t("baselines.no-profile-hint", { weeks })}</p>
            {mayTune() && (
              <a class="button" href={href(learn)}>
                {t("baselines.learn")}
              </a>
            )}
          </Empty>
        )}
      </section>
    </>
  );
}
