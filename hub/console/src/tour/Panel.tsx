// The tour beside the page: what is happening in this city, each leading to its alert, and what to try next.
import { computed } from "@preact/signals";
import { hubNow } from "../api/city";
import { may } from "../api/session";
import type { Words } from "../api/types";
import { language, t } from "../i18n";
import { href } from "../router";
import { IconButton } from "../ui/Button";
import { Icon, type IconName } from "../ui/Icon";
import { nowMs } from "../ui/ticking";
import { counter, shortTime } from "../ui/time";
import { alerts, bringBack, done, makeWay, open, putAway, tour } from "./live";
import { type Happening, type Standing, standing, type Task } from "./tour";
import "./tour.css";

const ICONS: Readonly<Record<Standing, IconName>> = {
  "to-come": "clock",
  begun: "pulse",
  raised: "warning",
  "dealt-with": "user",
  over: "check",
};

/** What came last and waits for somebody: the one whose words are shown. */
const latest = computed(() => {
  const waiting = (tour.value?.happenings ?? []).flatMap((one) => {
    const alert = alerts.value.get(one.id);
    return alert && alert.condition === "active" && !alert.acknowledged ? [{ id: one.id, at: alert.raised_at }] : [];
  });
  return waiting.sort((one, other) => other.at.localeCompare(one.at))[0]?.id ?? null;
});

const tasks = computed(() => (tour.value?.tasks ?? []).filter((task) => may(task.scope)));

function said(words: Words): string {
  return words[language.value];
}

/** In the header, while the tour is put away. */
export function TourTool() {
  if (!tour.value || open.value) return null;
  return (
    <button type="button" class="tour-tool" aria-label={said(tour.value.title)} onClick={bringBack}>
      <Icon name="flag" size={16} />
      <span>{t("tour.short")}</span>
    </button>
  );
}

export function TourPanel() {
  const found = tour.value;
  if (!found || !open.value) return null;
  const left = tasks.value.filter((task) => !done.value.has(task.id)).length;
  return (
    <aside class="tour" aria-labelledby="tour-title">
      <header>
        <Icon name="flag" size={18} />
        <h2 id="tour-title">{said(found.title)}</h2>
        <IconButton icon="close" label={t("tour.put-away")} onClick={putAway} />
      </header>
      <div class="tour-body" tabIndex={0} role="region" aria-labelledby="tour-title">
        <p class="dim">{said(found.about)}</p>
        <h3>{t("tour.happenings")}</h3>
        <ol class="tour-happenings">
          {found.happenings.map((one) => (
            <HappeningRow key={one.id} happening={one} />
          ))}
        </ol>
        <h3>
          {t("tour.try")} <small class="dim">{left > 0 ? t("tour.left", { n: left }) : t("tour.all-done")}</small>
        </h3>
        <ol class="tour-tasks">
          {tasks.value.map((task) => (
            <TaskRow key={task.id} task={task} />
          ))}
        </ol>
      </div>
    </aside>
  );
}

function HappeningRow({ happening }: { happening: Happening }) {
  nowMs.value; // the countdown goes on
  const now = hubNow();
  const alert = alerts.value.get(happening.id);
  const stands = standing(happening, alert, now);
  const when =
    stands === "to-come"
      ? t("tour.in", { in: counter(Date.parse(happening.at) - now + 999) })
      : alert
        ? shortTime(alert.raised_at)
        : t("tour.begun");
  const inner = (
    <>
      <Icon name={ICONS[stands]} size={16} />
      <span class="tour-title">{said(happening.title)}</span>
      <span class="tour-when">{when}</span>
      <span class="tour-stands">{t(`tour.${stands}`)}</span>
      {latest.value === happening.id && <span class="tour-text">{said(happening.text)}</span>}
    </>
  );
  return (
    <li
      class={`tour-row is-${stands}${alert ? ` severity-${alert.severity}` : ""}`}
      title={said(happening.text)}
      data-id={happening.id}
    >
      {alert ? (
        <a href={href(`/alerts/${alert.id}`)} onClick={makeWay}>
          {inner}
        </a>
      ) : (
        <div>{inner}</div>
      )}
    </li>
  );
}

function TaskRow({ task }: { task: Task }) {
  const isDone = done.value.has(task.id);
  const inner = (
    <>
      <span class="tour-tick">{isDone ? <Icon name="check" size={14} /> : null}</span>
      <span class="tour-title">{said(task.title)}</span>
      {isDone && <span class="tour-stands">{t("tour.done")}</span>}
      <span class="tour-text">{said(task.text)}</span>
    </>
  );
  return (
    <li class={`tour-row${isDone ? " is-over" : ""}`} data-id={task.id}>
      {task.page ? (
        <a href={href(task.page)} onClick={makeWay}>
          {inner}
        </a>
      ) : (
        <div>{inner}</div>
      )}
    </li>
  );
}
