// Deliveries: where the feed is sent, how that fares, what was given up, and sending it again.
import { useSignal } from "@preact/signals";
import { get, post, remove } from "../api/http";
import { may } from "../api/session";
import type { Page } from "../api/types";
import { type Key, t, words } from "../i18n";
import { said } from "../i18n/said";
import { go, href, place } from "../router";
import { Ask } from "../ui/Ask";
import { Button } from "../ui/Button";
import { Pager } from "../ui/Pager";
import { useResource } from "../ui/resource";
import { ScrollX } from "../ui/ScrollX";
import { Secret } from "../ui/Secret";
import { Empty, Failed, Loading } from "../ui/states";
import { Time } from "../ui/Time";
import { refused, told } from "../ui/toast";
import { NewEndpoint } from "./NewEndpoint";
import "../cases/cases.css";
import "./deliveries.css";

export interface Endpoint {
  id: string;
  url: string;
  description: string;
  types: string[];
  active: boolean;
  state: "on" | "failing" | "paused" | "off" | "unknown_key";
  disabled_reason: string | null;
  behind: number;
  pending: number;
  dead: number;
  last_success_at: string | null;
  last_error: string | null;
  revision: number;
}

interface Delivery {
  id: number;
  endpoint: string;
  seq: number;
  type: string;
  subject: string;
  state: "pending" | "delivered" | "dead";
  queued_at: string;
  attempts: number;
  ended_at: string | null;
  next_at: string | null;
  outcome: string | null;
  snippet: string | null;
}

interface Ping {
  taken: boolean;
  outcome: string;
  took_s: number;
}

const TONES: Record<string, string> = {
  on: "good",
  failing: "warn",
  unknown_key: "bad",
  delivered: "good",
  dead: "bad",
};
const FILTERS: readonly { state: string; words: Key }[] = [
  { state: "", words: "deliveries.filter.all" },
  { state: "pending", words: "deliveries.filter.pending" },
  { state: "delivered", words: "deliveries.filter.delivered" },
  { state: "dead", words: "deliveries.filter.dead" },
];

export default function DeliveriesPage() {
  const making = useSignal(false);
  const secret = useSignal<string | null>(null);
  const found = useResource((signal) => get<{ items: Endpoint[] }>("deliveries/endpoints", { signal }), []);
  return (
    <div class="column">
      <header class="page-head">
        <div>
          <h1>{t("deliveries.title")}</h1>
          <p class="dim">{t("deliveries.about")}</p>
        </div>
        {may("deliveries:write") && (
          <Button
            kind="primary"
            icon="plus"
            onClick={() => {
              making.value = true;
            }}
          >
            {t("deliveries.new")}
          </Button>
        )}
      </header>
      {!found.value ? (
        found.problem ? (
          <Failed problem={found.problem} again={found.again} />
        ) : (
          <Loading rows={3} />
        )
      ) : found.value.items.length === 0 ? (
        <Empty icon="send" title={t("deliveries.none")}>
          <p>{t("deliveries.none-hint")}</p>
        </Empty>
      ) : (
        <>
          <ul class="endpoints">
            {found.value.items.map((endpoint) => (
              <Card key={endpoint.id} endpoint={endpoint} again={found.again} secret={secret} />
            ))}
          </ul>
          <Log endpoints={found.value.items} changed={found.again} />
        </>
      )}
      {making.value && (
        <NewEndpoint
          onClose={() => {
            making.value = false;
          }}
          onMade={(made) => {
            secret.value = made;
            found.again();
          }}
        />
      )}
      {secret.value !== null && (
        <Secret
          title={t("deliveries.secret")}
          about={t("deliveries.secret-about")}
          secret={secret.value}
          onClose={() => {
            secret.value = null;
          }}
        />
      )}
    </div>
  );
}

interface CardProps {
  endpoint: Endpoint;
  again: () => void;
  secret: { value: string | null };
}

type Question = "rotate" | "remove" | "disable" | null;

function Card({ endpoint, again, secret }: CardProps) {
  const asking = useSignal<Question>(null);
  const busy = useSignal(false);
  const path = `deliveries/endpoints/${endpoint.id}`;
  const at = { revision: endpoint.revision };
  const act = async (work: () => Promise<void>) => {
    busy.value = true;
    try {
      await work();
    } catch (error) {
      refused(error);
    } finally {
      busy.value = false;
      again();
    }
  };
  const ping = () =>
    act(async () => {
      const answer = await post<Ping>(`${path}/ping`);
      if (answer.taken) told(t("deliveries.pinged", { took: `${answer.took_s.toFixed(2)} s` }));
      else told(t("deliveries.not-pinged", { why: said(answer.outcome) }));
    });
  const replay = () =>
    act(async () => {
      const answer = await post<{ deliveries: number | null }>(`${path}/replay`, { dead: true });
      told(t("deliveries.replayed", { n: answer.deliveries ?? 0 }));
    });
  return (
    <li class="panel endpoint">
      <header>
        <h2 class="ellipsis" title={endpoint.url}>
          {endpoint.description || endpoint.url}
        </h2>
        <span class={`tag ${TONES[endpoint.state] ?? ""}`}>{words(`deliveries.state.${endpoint.state}`)}</span>
      </header>
      <div class="panel-content">
        <p class="mono dim">{endpoint.url}</p>
        <p class="cases-flags">
          {endpoint.behind > 0 && <span class="tag">{t("deliveries.behind", { n: endpoint.behind })}</span>}
          {endpoint.pending > 0 && <span class="tag">{t("deliveries.pending", { n: endpoint.pending })}</span>}
          {endpoint.dead > 0 && <span class="tag bad">{t("deliveries.dead", { n: endpoint.dead })}</span>}
          {endpoint.types.map((type) => (
            <span key={type} class="tag mono">
              {type}
            </span>
          ))}
        </p>
        <dl class="facts">
          <div>
            <dt>{t("deliveries.last-success")}</dt>
            <dd>
              {endpoint.last_success_at ? <Time at={endpoint.last_success_at} as="ago" /> : t("deliveries.never")}
            </dd>
          </div>
          {(endpoint.disabled_reason ?? endpoint.last_error) && (
            <div>
              <dt>{t("deliveries.last-error")}</dt>
              <dd>{said(endpoint.disabled_reason ?? endpoint.last_error ?? "")}</dd>
            </div>
          )}
        </dl>
        {may("deliveries:write") && (
          <div class="case-actions">
            <Button busy={busy.value} onClick={() => void ping()}>
              {t("deliveries.ping")}
            </Button>
            {endpoint.dead > 0 && <Button onClick={() => void replay()}>{t("deliveries.replay-dead")}</Button>}
            {endpoint.active ? (
              <Button onClick={() => (asking.value = "disable")}>{t("deliveries.disable")}</Button>
            ) : (
              <Button kind="primary" onClick={() => void act(() => post(`${path}/enable`, undefined, at))}>
                {t("deliveries.enable")}
              </Button>
            )}
            <Button onClick={() => (asking.value = "rotate")}>{t("deliveries.rotate")}</Button>
            <Button kind="danger" onClick={() => (asking.value = "remove")}>
              {t("deliveries.remove")}
            </Button>
          </div>
        )}
      </div>
      {asking.value && (
        <Ask
          title={`${t(`deliveries.${asking.value}`)} · ${endpoint.description || endpoint.url}`}
          does={t(`deliveries.${asking.value}`)}
          danger={asking.value !== "rotate"}
          onClose={() => (asking.value = null)}
          run={async () => {
            if (asking.value === "rotate") {
              const made = await post<{ secret: string }>(`${path}/rotate`, {}, at);
              secret.value = made.secret;
            } else if (asking.value === "remove") await remove(path);
            else await post(`${path}/disable`, undefined, at);
            again();
          }}
        >
          {asking.value === "rotate" && <p>{t("deliveries.rotate-about")}</p>}
          {asking.value === "remove" && <p>{t("deliveries.remove-about")}</p>}
          <p class="mono dim">{endpoint.url}</p>
        </Ask>
      )}
    </li>
  );
}

function Log({ endpoints, changed }: { endpoints: Endpoint[]; changed: () => void }) {
  const query = place.value.query;
  const state = query.get("state") ?? "";
  const cursor = query.get("cursor") ?? "";
  const found = useResource(
    (signal) => get<Page<Delivery>>("deliveries", { query: { state, cursor, limit: 50 }, signal }),
    [state, cursor],
  );
  const names = new Map(endpoints.map((endpoint) => [endpoint.id, endpoint.description || endpoint.url]));
  const show = (wanted: Record<string, string>) => {
    const next = new URLSearchParams(Object.entries({ state, ...wanted }).filter(([, value]) => value));
    go(`/deliveries?${next}`, { replace: true });
  };
  const replay = async (delivery: Delivery) => {
    try {
      await post(`deliveries/${delivery.id}/replay`);
      told(t("deliveries.replayed", { n: 1 }));
    } catch (error) {
      refused(error);
    }
    found.again();
    changed();
  };
  return (
    <section class="panel">
      <header>
        <h2>{t("deliveries.log")}</h2>
        <div class="choices">
          {FILTERS.map((filter) => (
            <button
              key={filter.state}
              type="button"
              class="button"
              aria-pressed={filter.state === state}
              onClick={() => show({ state: filter.state })}
            >
              {t(filter.words)}
            </button>
          ))}
        </div>
      </header>
      {!found.value ? (
        found.problem ? (
          <Failed problem={found.problem} again={found.again} />
        ) : (
          <Loading />
        )
      ) : found.value.items.length === 0 ? (
        <p class="panel-content dim">{t("deliveries.log-none")}</p>
      ) : (
        <ScrollX label={t("deliveries.log")}>
          <table class="table">
            <thead>
              <tr>
                <th class="number">{t("deliveries.seq")}</th>
                <th>{t("deliveries.event")}</th>
                <th>{t("deliveries.state")}</th>
                <th class="number">{t("deliveries.attempts")}</th>
                <th>{t("deliveries.outcome")}</th>
                <th>{t("deliveries.at")}</th>
                <th />
              </tr>
            </thead>
            <tbody>
              {found.value.items.map((delivery) => (
                <tr key={delivery.id}>
                  <td class="number mono">{delivery.seq}</td>
                  <td>
                    <a class="mono" href={href(`/${delivery.subject.replace(/^(case|alert)/, "$1s")}`)}>
                      {delivery.type}
                    </a>
                    <p class="dim">{names.get(delivery.endpoint) ?? delivery.endpoint}</p>
                  </td>
                  <td>
                    <span class={`tag ${TONES[delivery.state] ?? ""}`}>
                      {words(`deliveries.filter.${delivery.state}`)}
                    </span>
                  </td>
                  <td class="number">{delivery.attempts}</td>
                  <td>
                    {delivery.outcome ? said(delivery.outcome) : "—"}
                    {delivery.state !== "delivered" && delivery.snippet && <p class="dim mono">{delivery.snippet}</p>}
                  </td>
                  <td class="nowrap">
                    <Time at={delivery.ended_at ?? delivery.next_at ?? delivery.queued_at} />
                  </td>
                  <td class="number">
                    {delivery.state === "dead" && may("deliveries:write") && (
                      <Button kind="quiet" onClick={() => void replay(delivery)}>
                        {t("deliveries.replay")}
                      </Button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollX>
      )}
      <Pager
        cursor={cursor}
        next={found.value?.next}
        words={{ first: t("deliveries.first"), next: t("deliveries.next") }}
        show={(to) => show({ cursor: to })}
      />
    </section>
  );
}
