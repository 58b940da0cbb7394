// One alert: why it stands, the evidence, the readings around it, where it is, what happened there, and what to do.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { gridName, ruleTitle } from "../api/city";
import { feed } from "../api/feed";
import { get } from "../api/http";
import { may } from "../api/session";
import type { Alert } from "../api/types";
import { Dispatch } from "../board/Dispatch";
import { Assign, FalseAlarm, Shelve } from "../board/dialogs";
import { onChange, store, useBoardStore, version } from "../board/live";
import { Actions, type Asked } from "../board/Preview";
import { Marks } from "../board/Row";
import { t } from "../i18n";
import { map } from "./placeMap";
import { href } from "../router";
import type { PageProps } from "../routes";
import { Icon } from "../ui/Icon";
import { workOn } from "../tuning/address";
import { useResource } from "../ui/resource";
import { SeverityMark } from "../ui/Severity";
import { Empty, Failed, Loading } from "../ui/states";
import { Time } from "../ui/Time";
import { nowMs } from "../ui/ticking";
import { Subject } from "../ui/Subject";
import { counter } from "../ui/time";
import { Chart } from "./Chart";
import { Evidence } from "./Evidence";
import { Guidance } from "./Guidance";
import { History } from "./History";
import { Numbers } from "./Numbers";
import { Timeline } from "./Timeline";
import { why, whyCleared } from "./why";
import "../board/board.css";
import "./alert.css";

export default function AlertPage({ parameters }: PageProps) {
  const id = parameters["id"] ?? "";
  const read = useResource((signal) => get<Alert>(`alerts/${id}`, { signal }), [id]);
  const newer = useSignal<Alert | null>(null);
  const asked = useSignal<Asked | null>(null);
  useEffect(() => {
    newer.value = null;
    // The orders given here come back as answers, everything else by the feed.
    const ends = [
      feed.onItem((item) => {
        if (item.alert?.id === id) newer.value = item.alert;
      }),
      feed.onGap(read.again),
      onChange((change, alert) => {
        if (change.id === id) newer.value = alert;
      }),
      useBoardStore(),
    ];
    return () => {
      for (const end of ends) end();
    };
  }, [id]);
  version.value;
  const alert = newer.value && newer.value.revision >= (read.value?.revision ?? 0) ? newer.value : read.value;
  if (!alert) {
    if (read.problem?.kind === "not-found" || read.problem?.kind === "invalid")
      return (
        <Empty icon="search" title={t("alert.not-found")}>
          <a class="button" href={href("/board")}>
            {t("alert.back")}
          </a>
        </Empty>
      );
    return read.problem ? <Failed problem={read.problem} again={read.again} /> : <Loading />;
  }
  const now = nowMs.value;
  const end = alert.cleared_at ? Date.parse(alert.cleared_at) : now;
  const close = () => {
    asked.value = null;
  };
  const PlaceMap = map.value;
  return (
    <article class="alert-page">
      <header class="alert-head">
        <a class="alert-back" href={href("/board")}>
          <Icon name="left" size={14} />
          {t("alert.back")}
        </a>
        <div class="alert-title">
          <SeverityMark severity={alert.severity} hollow={alert.condition === "cleared"} />
          <h1>{ruleTitle(alert.rule)}</h1>
          <span class="alert-subject">
            <Subject id={alert.subject} />
          </span>
          <Marks alert={alert} now={now} />
        </div>
        <p class="alert-why">{why(alert)}</p>
        {alert.clear_reason && <p class="dim">{whyCleared(alert)}</p>}
        <dl class="alert-facts">
          <Fact name={t("alert.grid")}>{gridName(alert.grid)}</Fact>
          {alert.camera && <Fact name={t("alert.camera")}>{alert.camera}</Fact>}
          <Fact name={t("alert.since")}>
            <Time at={alert.since} as="full" />
          </Fact>
          <Fact name={t("alert.raised")}>
            <Time at={alert.raised_at} as="full" />
          </Fact>
          <Fact name={t("alert.cleared")}>
            {alert.cleared_at ? <Time at={alert.cleared_at} as="full" /> : t("alert.active")}
          </Fact>
          <Fact name={t("alert.lasted")}>{counter(end - Date.parse(alert.since))}</Fact>
          <Fact name={t("alert.config")}>
            <span class="mono">{alert.config_version}</span>
          </Fact>
          {alert.members.length > 0 && (
            <Fact name={t("alert.members", { n: alert.members.length })}>
              <span class="ellipsis" title={alert.members.join(", ")}>
                {alert.members.slice(0, 3).join("、")}
                {alert.members.length > 3 ? " …" : ""}
              </span>
            </Fact>
          )}
        </dl>
        {alert.inhibited_by && (
          <p>
            <a href={href(`/alerts/${alert.inhibited_by}`)}>{t("alert.cause")}</a>
          </p>
        )}
        <Actions
          alert={alert}
          keys={false}
          ask={(what) => {
            asked.value = what;
          }}
        />
      </header>
      <div class="alert-columns">
        <div class="alert-column">
          <section class="panel" aria-label={t("alert.to-do")}>
            <header>
              <h2>{t("alert.to-do")}</h2>
            </header>
            <div class="panel-content">
              <Guidance alert={alert} />
            </div>
          </section>
          <section class="panel" aria-label={t("alert.judged-by")}>
            <header>
              <h2>{t("alert.judged-by")}</h2>
              {may("city:read") && <a href={href(`/rules/${alert.rule}`)}>{alert.rule}</a>}
            </header>
            <div class="panel-content">
              <Numbers reason={alert.reason} />
              {may("tune:write") && (
                <p class="alert-tuning">
                  <a class="button" href={href(`/tuning/trace?alert=${alert.id}`)}>
                    <Icon name="pulse" size={16} />
                    <span>{t("tuning.trace-why")}</span>
                  </a>
                  <a class="button" href={href(workOn(alert.rule, alert.subject, dayAround(alert, now)))}>
                    <Icon name="sliders" size={16} />
                    <span>{t("tuning.tune")}</span>
                  </a>
                </p>
              )}
            </div>
          </section>
          {may("evidence:read") && <Evidence alert={alert} />}
          <Chart alert={alert} />
        </div>
        <div class="alert-column narrow">
          {PlaceMap && (
            <section class="panel" aria-label={t("alert.place")}>
              <header>
                <h2>{t("alert.place")}</h2>
              </header>
              <div class="alert-map">
                <PlaceMap alert={alert} title={ruleTitle(alert.rule)} />
              </div>
            </section>
          )}
          <Timeline alert={alert} />
          <History alert={alert} />
        </div>
      </div>
      {asked.value === "shelve" && <Shelve alert={alert} onClose={close} />}
      {asked.value === "false" && <FalseAlarm alert={alert} onClose={close} />}
      {asked.value === "owner" && <Assign alert={alert} onClose={close} />}
      {asked.value === "dispatch" && (
        <Dispatch alert={alert} link={store.value?.caseOf(alert.id) ?? null} onClose={close} />
      )}
    </article>
  );
}

/** The day around an alert, no further than now. */
function dayAround(alert: Alert, now: number): { since: number; until: number } {
  const until = Math.min(Math.ceil(now / 60_000) * 60_000, Date.parse(alert.raised_at) + 43_200_000);
  return { since: until - 86_400_000, until };
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
