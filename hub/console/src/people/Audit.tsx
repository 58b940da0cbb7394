// The audit: what people and machines did, the newest first, narrowed by who and what, and as a file.
import { get, url } from "../api/http";
import type { Page } from "../api/types";
import { t } from "../i18n";
import { go, place } from "../router";
import { Icon } from "../ui/Icon";
import { Pager } from "../ui/Pager";
import { useResource } from "../ui/resource";
import { ScrollX } from "../ui/ScrollX";
import { Failed, Loading } from "../ui/states";
import { Time } from "../ui/Time";

interface Entry {
  seq: number;
  at: string;
  actor: string;
  action: string;
  target: string;
  detail: Record<string, unknown>;
  remote: string | null;
}

export function Audit() {
  const query = place.value.query;
  const actor = query.get("actor") ?? "";
  const action = query.get("action") ?? "";
  const cursor = query.get("cursor") ?? "";
  const found = useResource(
    (signal) => get<Page<Entry>>("audit", { query: { actor, action, cursor, limit: 100 }, signal }),
    [actor, action, cursor],
  );
  const show = (wanted: Record<string, string>) => {
    const all = { tab: "audit", actor, action, ...wanted };
    go(`/people?${new URLSearchParams(Object.entries(all).filter(([, value]) => value))}`, { replace: true });
  };
  return (
    <section class="panel">
      <header>
        <h2>
          {t("people.audit")} <Icon name="shield" size={16} />
        </h2>
        <span class="dim">{t("people.append-only")}</span>
      </header>
      <div class="panel-content cases-filter">
        <div class="case-actions">
          {(["csv", "jsonl"] as const).map((format) => (
            <a key={format} class="button" href={url("audit/export", { actor, action, format })} download>
              <Icon name="download" size={16} />
              <span>{t(`people.export-${format}`)}</span>
            </a>
          ))}
        </div>
        <span />
        <input
          type="search"
          aria-label={t("people.filter-actor")}
          placeholder={t("people.filter-actor")}
          value={actor}
          maxLength={200}
          onChange={(event) => show({ actor: event.currentTarget.value.trim() })}
        />
        <input
          type="search"
          aria-label={t("people.filter-action")}
          placeholder={t("people.filter-action")}
          value={action}
          maxLength={100}
          onChange={(event) => show({ action: event.currentTarget.value.trim() })}
        />
      </div>
      {!found.value || found.problem ? (
        found.problem ? (
          <Failed problem={found.problem} again={found.again} />
        ) : (
          <Loading rows={8} />
        )
      ) : found.value.items.length === 0 ? (
        <p class="panel-content dim">{t("people.none")}</p>
      ) : (
        <ScrollX label={t("people.audit")}>
          <table class="table">
            <thead>
              <tr>
                <th class="number">#</th>
                <th>{t("people.at")}</th>
                <th>{t("people.actor")}</th>
                <th>{t("people.action")}</th>
                <th>{t("people.target")}</th>
                <th>{t("people.remote")}</th>
              </tr>
            </thead>
            <tbody>
              {found.value.items.map((entry) => (
                <tr key={entry.seq}>
                  <td class="number mono">{entry.seq}</td>
                  <td class="nowrap">
                    <Time at={entry.at} as="full" />
                  </td>
                  <td>{entry.actor}</td>
                  <td class="mono">{entry.action}</td>
                  <td>
                    <span class="mono">{entry.target}</span>
                    {Object.keys(entry.detail).length > 0 && <p class="dim mono">{JSON.stringify(entry.detail)}</p>}
                  </td>
                  <td class="mono">{entry.remote ?? "—"}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollX>
      )}
      <Pager
        cursor={cursor}
        next={found.value?.next}
        words={{ first: t("people.first"), next: t("people.next") }}
        show={(to) => show({ cursor: to })}
      />
    </section>
  );
}
