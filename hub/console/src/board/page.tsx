// The alert board: incidents in a list that holds still while one works in it, keys for everything, and a preview.
import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { ruleTitle } from "../api/city";
import { may } from "../api/session";
import type { Alert } from "../api/types";
import { t } from "../i18n";
import { go } from "../router";
import { Icon } from "../ui/Icon";
import { SeverityShape } from "../ui/Severity";
import { Empty, Failed, Loading } from "../ui/states";
import { useWide } from "../ui/wide";
import { acknowledge, judge, unacknowledge, unjudge, unshelve } from "./actions";
import { Dispatch } from "./Dispatch";
import { Assign, FalseAlarm, Help, Shelve } from "./dialogs";
import { type Meant, meant } from "./keys";
import { List } from "./List";
import { problem, readAgain, store, useBoardStore } from "./live";
import { EVERYTHING, isShelved } from "./order";
import { type Asked, Preview } from "./Preview";
import { Toolbar, toggleSeverity } from "./Toolbar";
import {
  filter,
  flood,
  floodRate,
  lines,
  pointed,
  renew,
  rowAlert,
  selected,
  showBoard,
  step,
  stops,
  toggleGroup,
  totals,
  waiting,
} from "./view";
import { lastFilter } from "./views";
import { toggleMute } from "./Watch";
import { SEVERITIES } from "../api/types";
import "./board.css";

export default function Board() {
  const search = useRef<HTMLInputElement>(null);
  const asked = useSignal<{ what: Asked; alert: Alert | null } | null>(null);
  const wide = useWide(1200);
  // Before the first picture: a row that is seen can be worked on.
  useLayoutEffect(() => {
    const end = useBoardStore();
    filter.value = lastFilter();
    const hide = showBoard();
    return () => {
      hide();
      end();
    };
  }, []);
  const alert = selected.value === null ? null : rowAlert(selected.value);
  // What is chosen at this very moment, not when the page was last drawn: keys come faster than pictures.
  const ask = (what: Asked) => {
    const id = selected.peek();
    asked.value = { what, alert: id === null ? null : rowAlert(id) };
  };
  const open = (id: string) => go(`/alerts/${id}`);
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      const found = meant(event);
      if (!found) return;
      event.preventDefault();
      act(found, { ask, open, search: search.current });
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  });
  const close = () => {
    asked.value = null;
  };
  const about = asked.value?.alert ?? null;
  return (
    <div class={`board${wide && alert ? " with-preview" : ""}`}>
      <h1 class="visually-hidden">{t("shell.board")}</h1>
      <Toolbar search={search} onHelp={() => ask("help")} />
      <NewOnes />
      <div class="board-main">
        {store.value === null ? (
          problem.value ? (
            <Failed problem={problem.value} again={readAgain} />
          ) : (
            <Loading rows={10} />
          )
        ) : lines.value.length === 0 ? (
          <Nothing />
        ) : (
          <List onOpen={open} opensOnClick={!wide} />
        )}
      </div>
      {wide && alert && <Preview alert={alert} ask={ask} />}
      {asked.value?.what === "help" && <Help onClose={close} />}
      {asked.value?.what === "shelve" && about && <Shelve alert={about} onClose={close} />}
      {asked.value?.what === "false" && about && <FalseAlarm alert={about} onClose={close} />}
      {asked.value?.what === "owner" && about && <Assign alert={about} onClose={close} />}
      {asked.value?.what === "dispatch" && about && (
        <Dispatch alert={about} link={store.value?.caseOf(about.id) ?? null} onClose={close} />
      )}
    </div>
  );
}

interface Means {
  ask: (what: Asked) => void;
  open: (id: string) => void;
  search: HTMLInputElement | null;
}

function act(what: Meant, { ask, open, search }: Means): void {
  const id = selected.value;
  const alert = id === null ? null : rowAlert(id);
  const write = may("alerts:write");
  switch (what) {
    case "next":
      return step(1);
    case "previous":
      return step(-1);
    case "first":
    case "last":
      selected.value = (what === "first" ? stops()[0] : stops().at(-1)) ?? null;
      return;
    case "search":
      search?.focus();
      search?.select();
      return;
    case "new":
      return renew();
    case "mute":
      return toggleMute();
    case "help":
      return ask("help");
    case "leave":
      selected.value = null;
      if (!pointed.value) renew();
      return;
    case "severity-1":
    case "severity-2":
    case "severity-3":
    case "severity-4": {
      const severity = SEVERITIES[Number(what.at(-1)) - 1];
      if (severity) toggleSeverity(severity);
      return;
    }
    case "open":
      if (id?.startsWith("group:")) toggleGroup(id.slice("group:".length));
      else if (id) open(id);
      return;
  }
  if (!alert) return;
  if (what === "dispatch") {
    if (may("cases:file")) ask("dispatch");
  } else if (!write) return;
  else if (what === "acknowledge") void (alert.acknowledged ? unacknowledge(alert) : acknowledge(alert));
  else if (what === "shelve") {
    if (isShelved(alert, Date.now())) void unshelve(alert);
    else if (alert.condition === "active") ask("shelve");
  } else if (what === "false") {
    if (alert.verdict?.is === "false_alarm") void unjudge(alert);
    else ask("false");
  } else if (what === "real") void (alert.verdict?.is === "real" ? unjudge(alert) : judge(alert, "real", null));
  else if (what === "owner") ask("owner");
}

/** What came while the list held still: how many, and the worst of them by name. */
function NewOnes() {
  const found = waiting.value;
  const worst = found[0];
  const flooded = flood.value && (
    <em class="tag bad flood" role="status">
      <Icon name="warning" size={13} />
      {t("board.flood", { n: floodRate.value })}
    </em>
  );
  return (
    // It lies over the columns' headings, so that its coming and going moves nothing.
    <div class="new-ones" aria-live="polite">
      <div class="board-heads" aria-hidden="true">
        <span>{t("board.col-severity")}</span>
        <span>{t("board.col-what")}</span>
        <span>{!worst && flooded}</span>
        <span>{t("alert.grid")}</span>
        <span>{t("board.col-age")}</span>
        <span class="heads-narrow">{t("board.dealt", { n: totals.value.dealtWith, all: totals.value.all })}</span>
      </div>
      {worst && (
        <button type="button" class={`new-ones-bar ${worst.severity}`} onClick={renew}>
          <SeverityShape severity={worst.severity} size={13} />
          <b>{t("board.new", { n: found.length })}</b>
          <span class="ellipsis">
            {ruleTitle(worst.rule)} · {worst.subject}
          </span>
          {flooded}
          <kbd>N</kbd>
        </button>
      )}
    </div>
  );
}

function Nothing() {
  const filtered = JSON.stringify(filter.value) !== JSON.stringify(EVERYTHING);
  if (filtered)
    return (
      <Empty icon="filter" title={t("board.nothing-filtered")}>
        <button
          type="button"
          class="button"
          onClick={() => {
            filter.value = EVERYTHING;
          }}
        >
          <Icon name="close" size={14} />
          <span>{t("board.clear-filter")}</span>
        </button>
      </Empty>
    );
  return (
    <Empty icon="check" title={t("board.nothing")}>
      <p>{t("board.nothing-about")}</p>
    </Empty>
  );
}
