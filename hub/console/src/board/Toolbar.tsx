// Above the list: how many there are, what of them is shown, the search within, saved views and help.
import { useSignal } from "@preact/signals";
import type { Ref } from "preact";
import { city, rules } from "../api/city";
import { SEVERITIES, type Severity } from "../api/types";
import { t, words } from "../i18n";
import { Button, IconButton } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Field } from "../ui/Field";
import { Icon } from "../ui/Icon";
import { SeverityShape } from "../ui/Severity";
import { EVERYTHING, type Filter, type Show } from "./order";
import { filter, totals } from "./view";
import { dropView, keepFilter, saveView, views } from "./views";

const SHOWS: readonly Show[] = ["open", "waiting", "mine", "shelved"];

function set(part: Partial<Filter>): void {
  filter.value = { ...filter.value, ...part };
  keepFilter(filter.value);
}

export function toggleSeverity(severity: Severity): void {
  const now = filter.value.severities;
  set({ severities: now.includes(severity) ? now.filter((one) => one !== severity) : [...now, severity] });
}

export function Toolbar({ search, onHelp }: { search: Ref<HTMLInputElement>; onHelp: () => void }) {
  const naming = useSignal(false);
  const { waiting, all, dealtWith } = totals.value;
  const now = filter.value;
  const domains = [...new Set([...rules.value.values()].map((rule) => rule.rule.split(".")[0] ?? ""))];
  const plain = JSON.stringify(now) === JSON.stringify(EVERYTHING);
  return (
    <div class="board-toolbar" role="toolbar" aria-label={t("board.tools")}>
      <div class="counters" role="group" aria-label={t("board.by-severity")}>
        {SEVERITIES.map((severity) => (
          <button
            key={severity}
            type="button"
            class={`counter ${severity}${waiting[severity] ? "" : " none"}`}
            aria-pressed={now.severities.includes(severity)}
            title={t("board.only-severity", { severity: words(`ui.severity.${severity}`) })}
            onClick={() => toggleSeverity(severity)}
          >
            <SeverityShape severity={severity} size={13} hollow={!waiting[severity]} />
            <b>{waiting[severity]}</b>
            <span>{words(`ui.severity.${severity}`)}</span>
          </button>
        ))}
        <span class="counter-rest" title={t("board.dealt-about")}>
          {t("board.dealt", { n: dealtWith, all })}
        </span>
      </div>
      <select
        class="board-show"
        aria-label={t("board.show")}
        value={now.show}
        onChange={(event) => set({ show: event.currentTarget.value as Show })}
      >
        {SHOWS.map((show) => (
          <option key={show} value={show}>
            {t(`board.show.${show}`)}
          </option>
        ))}
      </select>
      <select
        aria-label={t("board.domain")}
        value={now.domain}
        onChange={(event) => set({ domain: event.currentTarget.value })}
      >
        <option value="">{t("board.every-domain")}</option>
        {domains.map((domain) => (
          <option key={domain} value={domain}>
            {words(`board.domain.${domain}`, domain)}
          </option>
        ))}
      </select>
      <select
        aria-label={t("alert.grid")}
        value={now.grid}
        onChange={(event) => set({ grid: event.currentTarget.value })}
      >
        <option value="">{t("board.every-grid")}</option>
        {(city.value?.grids ?? []).map((grid) => (
          <option key={grid.id} value={grid.id}>
            {grid.name || grid.id}
          </option>
        ))}
      </select>
      <div class="board-search">
        <Icon name="search" size={15} />
        <input
          ref={search}
          type="search"
          aria-label={t("board.search")}
          placeholder={t("board.search-hint")}
          value={now.text}
          onInput={(event) => {
            filter.value = { ...filter.value, text: event.currentTarget.value };
          }}
          onKeyDown={(event) => {
            if (event.key !== "Escape") return;
            filter.value = { ...filter.value, text: "" };
            event.currentTarget.blur();
          }}
        />
      </div>
      {!plain && (
        <Button kind="quiet" icon="close" onClick={() => set(EVERYTHING)}>
          {t("board.clear-filter")}
        </Button>
      )}
      <select
        aria-label={t("board.views")}
        value=""
        onChange={(event) => {
          const wanted = event.currentTarget.value;
          event.currentTarget.value = "";
          if (wanted === "+") naming.value = true;
          else if (wanted.startsWith("-")) dropView(wanted.slice(1));
          else {
            const found = views.value.find((view) => view.name === wanted.slice(1));
            if (found) set(found.filter);
          }
        }}
      >
        <option value="">{t("board.views")}</option>
        {views.value.map((view) => (
          <option key={view.name} value={`=${view.name}`}>
            {view.name}
          </option>
        ))}
        <option value="+">{t("board.save-view")}</option>
        {views.value.map((view) => (
          <option key={view.name} value={`-${view.name}`}>
            {t("board.drop-view", { name: view.name })}
          </option>
        ))}
      </select>
      <IconButton icon="keyboard" label={t("board.help")} onClick={onHelp} />
      {naming.value && (
        <NameView
          onClose={() => {
            naming.value = false;
          }}
        />
      )}
    </div>
  );
}

function NameView({ onClose }: { onClose: () => void }) {
  const name = useSignal("");
  return (
    <Dialog
      title={t("board.save-view")}
      onClose={onClose}
      onSubmit={() => {
        if (!name.value.trim()) return;
        saveView(name.value.trim(), { ...filter.value, text: "" });
        onClose();
      }}
      actions={
        <Button kind="primary" type="submit" disabled={!name.value.trim()}>
          {t("ui.save")}
        </Button>
      }
    >
      <Field label={t("board.view-name")}>
        {(control) => (
          <input
            {...control}
            maxLength={40}
            value={name.value}
            onInput={(event) => {
              name.value = event.currentTarget.value;
            }}
          />
        )}
      </Field>
    </Dialog>
  );
}
