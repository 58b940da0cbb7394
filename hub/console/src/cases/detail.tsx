// One case: how far it is, what may be done, its alerts, its timeline with photos, and the history of its place.
import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect } from "preact/hooks";
import { gridName, ruleTitle } from "../api/city";
import { get } from "../api/http";
import { categoryName, departmentName, needPlan, squadName } from "../api/plan";
import { t, words } from "../i18n";
import { href } from "../router";
import type { PageProps } from "../routes";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { useResource } from "../ui/resource";
import { SeverityMark } from "../ui/Severity";
import { Failed, Loading } from "../ui/states";
import { Time } from "../ui/Time";
import { nowMs } from "../ui/ticking";
import { Subject } from "../ui/Subject";
import { timeOfDay } from "../ui/time";
import { ActionDialog } from "./ActionDialog";
import {
  type Action,
  actionsOf,
  type CaseDetail,
  type CaseDocument,
  eventKey,
  type PlaceHistory,
  reached,
  type TimelineEntry,
  WAY,
} from "./case";
import { useCaseFeed } from "./live";
import { Due, Flags, StageTag } from "./marks";
import "./cases.css";

const SHOWN = 4;

export default function CasePage({ parameters }: PageProps) {
  const id = parameters["id"] ?? "";
  const chosen = useSignal<Action | null>(null);
  const all = useSignal(false);
  useEffect(() => void needPlan(), []);
  const found = useResource((signal) => get<CaseDetail>(`cases/${encodeURIComponent(id)}`, { signal }), [id]);
  const timeline = useResource(
    (signal) => get<{ items: TimelineEntry[] }>(`cases/${encodeURIComponent(id)}/timeline`, { signal }),
    [id, found.value?.revision],
  );
  const history = useResource(
    (signal) => get<PlaceHistory>(`cases/${encodeURIComponent(id)}/history`, { signal }),
    [id, found.value?.alerts.length],
  );
  useCaseFeed((changed) => {
    if (changed.id === id && changed.revision > (found.value?.revision ?? 0)) found.again();
  }, found.again);
  const actions = found.value ? actionsOf(found.value) : [];
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || chosen.value || isTyping(event.target)) return;
      const action = actions.find((one) => one.key === event.key.toUpperCase());
      if (!action) return;
      event.preventDefault();
      chosen.value = action;
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [actions.map((action) => action.name).join()]);
  if (!found.value)
    return found.problem ? <Failed problem={found.problem} again={found.again} /> : <Loading rows={8} />;
  const it = found.value;
  return (
    <article class="case">
      <header class="case-head">
        <p class="case-number">
          <a href={href("/cases")}>{t("cases.title")}</a> <span class="mono">{it.number}</span>
        </p>
        <h1>
          <SeverityMark severity={it.severity} /> {it.title}
        </h1>
        <div class="cases-flags">
          <StageTag stage={it.stage} />
          <Due found={it} />
          <Flags found={it} />
        </div>
        <Way found={it} />
        <div class="case-actions">
          {actions.slice(0, all.value ? actions.length : SHOWN).map((action) => (
            <Button
              key={action.name}
              kind={action.kind ?? "plain"}
              hotkey={action.key}
              onClick={() => {
                chosen.value = action;
              }}
            >
              {words(`cases.do.${action.name}`)}
            </Button>
          ))}
          {actions.length > SHOWN && !all.value && (
            <Button
              kind="quiet"
              icon="down"
              onClick={() => {
                all.value = true;
              }}
            >
              {t("cases.more-actions")}
            </Button>
          )}
          {actions.length === 0 && <p class="dim">{t("cases.no-actions")}</p>}
        </div>
      </header>
      <div class="case-parts">
        <section class="panel case-timeline">
          <header>
            <h2>{t("cases.timeline")}</h2>
          </header>
          {timeline.value ? (
            <ol class="panel-content timeline">
              {[...timeline.value.items].reverse().map((entry) => (
                <Entry key={entry.seq} entry={entry} />
              ))}
            </ol>
          ) : timeline.problem ? (
            <Failed problem={timeline.problem} again={timeline.again} />
          ) : (
            <Loading rows={4} />
          )}
        </section>
        <div class="case-side">
          <Facts found={it} />
          <Alerts found={it} />
          <History history={history.value} self={it.id} />
        </div>
      </div>
      {chosen.value && (
        <ActionDialog
          found={it}
          action={chosen.value}
          onClose={() => {
            chosen.value = null;
          }}
          onChange={found.again}
        />
      )}
    </article>
  );
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, select, dialog") !== null;
}

function Way({ found }: { found: CaseDocument }) {
  const there = reached(found);
  const aside = !WAY.includes(found.stage);
  const when = [
    found.opened_at,
    found.filed_at,
    found.dispatched_at,
    null,
    found.done_at,
    found.verified_at,
    found.stage === "closed" ? found.closed_at : null,
  ];
  return (
    <ol class="way">
      {WAY.map((stage, index) => (
        <li
          key={stage}
          class={index < there || (index === there && found.stage === "closed") ? "past" : index === there ? "now" : ""}
          aria-current={index === there && !aside ? "step" : undefined}
        >
          <span>{words(`cases.stage.${stage}`)}</span>
          {index <= there && when[index] && <small>{timeOfDay(when[index] ?? "", nowMs.value)}</small>}
        </li>
      ))}
      {aside && (
        <li class="aside" aria-current="step">
          <span>{words(`cases.stage.${found.stage}`)}</span>
          {found.closed_at && <small>{timeOfDay(found.closed_at, nowMs.value)}</small>}
        </li>
      )}
    </ol>
  );
}

function Entry({ entry }: { entry: TimelineEntry }) {
  const target = [departmentName(entry.department), squadName(entry.squad)].filter(Boolean).join(" ");
  const sent = ["case.dispatched", "case.rerouted"].includes(entry.type) && target;
  return (
    <li class={entry.type.slice(5)}>
      <p>
        <b>{t(eventKey(entry.type))}</b>
        {sent && <span>{target}</span>}
        <span class="dim">{entry.by}</span>
        <Time at={entry.at} />
      </p>
      {entry.note && <p class="timeline-note">{entry.note}</p>}
      {entry.told.length > 0 && (
        <p class="dim">
          {t("cases.told", {
            who: entry.told.map(addressee).join(words("ui.comma", "、")),
          })}
        </p>
      )}
      {entry.photos.length > 0 && (
        <ul class="photos">
          {entry.photos.map((photo) => (
            <li key={photo.sha256}>
              <a href={photo.url} target="_blank" rel="noreferrer">
                <img
                  src={photo.url}
                  loading="lazy"
                  alt={t("cases.photo-alt", {
                    by: entry.by,
                    at: timeOfDay(entry.at, nowMs.value),
                  })}
                />
              </a>
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

function addressee(told: string): string {
  const [kind, name] = told.split(":", 2);
  if (kind === "role") return words(`shell.role.${name}`, name ?? told);
  return kind === "department" ? departmentName(name) : told;
}

function Facts({ found }: { found: CaseDocument }) {
  const facts: [string, preact.ComponentChildren][] = [
    [
      t("cases.department"),
      found.department ? (
        [departmentName(found.department), squadName(found.squad)].filter(Boolean).join(" · ")
      ) : (
        <span class="dim">{t("cases.no-department")}</span>
      ),
    ],
    [t("cases.level"), words(`cases.level.${found.level}`)],
    [t("cases.grid"), `${gridName(found.grid)}${found.district ? ` · ${found.district}` : ""}`],
  ];
  if (found.place) facts.push([t("cases.place"), found.place]);
  if (found.subject) facts.push([t("cases.subject"), <span class="mono">{found.subject}</span>]);
  if (found.category) facts.push([t("cases.category"), `${categoryName(found.category)} ${found.category}`]);
  if (found.taken_by)
    facts.push([
      words("cases.do.take"),
      found.taken_until
        ? t("cases.taken-until", {
            by: found.taken_by,
            until: timeOfDay(found.taken_until, nowMs.value),
          })
        : t("cases.taken", { by: found.taken_by }),
    ]);
  if (found.called_in.length > 0) facts.push([t("cases.called-in"), found.called_in.map(departmentName).join("、")]);
  if (found.ended_reason) facts.push([t("cases.ended-reason"), found.ended_reason]);
  for (const [key, id] of [
    ["cases.previous", found.previous],
    ["cases.merged-into", found.merged_into],
    ["cases.split-from", found.split_from],
  ] as const)
    if (id) facts.push([t(key), <a href={href(`/cases/${id}`)}>{id.slice(0, 8)}</a>]);
  if (found.evaluation)
    facts.push([
      t("cases.evaluation"),
      `${t("cases.evaluated-by", { score: found.evaluation.score, by: found.evaluation.by })} ${found.evaluation.note}`,
    ]);
  return (
    <section class="panel">
      <header>
        <h2>{t("cases.facts")}</h2>
      </header>
      <dl class="panel-content facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Alerts({ found }: { found: CaseDetail }) {
  const states = new Map(found.alert_states.map((alert) => [alert.id, alert]));
  return (
    <section class="panel">
      <header>
        <h2>{t("cases.alerts")}</h2>
        <span class="dim">{found.alerts.length || ""}</span>
      </header>
      {found.alerts.length === 0 ? (
        <p class="panel-content dim">{t("cases.no-alerts")}</p>
      ) : (
        <ul class="case-alerts">
          {found.alerts.map((id) => {
            const alert = states.get(id);
            return (
              <li key={id}>
                {alert ? (
                  <a href={href(`/alerts/${id}`)}>
                    <SeverityMark severity={alert.severity} hollow={alert.condition === "cleared"} />
                    <span class="ellipsis">
                      {ruleTitle(alert.rule)}{" "}
                      <span class="dim">
                        <Subject id={alert.subject} />
                      </span>
                    </span>
                    <span class="tag">
                      {t(alert.condition === "active" ? "cases.alert-active" : "cases.alert-cleared")}
                    </span>
                    <Time at={alert.raised_at} />
                  </a>
                ) : (
                  <span class="dim">{t("cases.alert-gone")}</span>
                )}
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}

function History({ history, self }: { history: PlaceHistory | null; self: string }) {
  const before = (history?.cases ?? []).filter((one) => one.id !== self);
  if (!history) return null;
  return (
    <section class="panel">
      <header>
        <h2>{t("cases.history")}</h2>
        <Icon name="clock" size={16} />
      </header>
      {before.length === 0 ? (
        <p class="panel-content dim">{t("cases.history-none")}</p>
      ) : (
        <ul class="case-alerts">
          {before.slice(0, 20).map((one) => (
            <li key={one.id}>
              <a href={href(`/cases/${one.id}`)}>
                <span class="mono">{one.number}</span>
                <span class="ellipsis">{one.title}</span>
                <StageTag stage={one.stage} />
                <Time at={one.opened_at} />
              </a>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
