// A department's inbox, made for a phone in the street: what to take, what is in hand, the nearest deadline first.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { gridName } from "../api/city";
import { get } from "../api/http";
import { departmentName, needPlan, squadName } from "../api/plan";
import { session } from "../api/session";
import type { Page } from "../api/types";
import { ActionDialog } from "../cases/ActionDialog";
import { ACTIONS, type Action, type CaseDocument } from "../cases/case";
import { useCaseFeed } from "../cases/live";
import { Due, Flags, StageTag } from "../cases/marks";
import { type Key, t, words } from "../i18n";
import { href } from "../router";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { useResource } from "../ui/resource";
import { SeverityMark } from "../ui/Severity";
import { Empty, Failed, Loading } from "../ui/states";
import { Time } from "../ui/Time";
import "../cases/cases.css";
import "./inbox.css";

const PARTS: readonly { stage: string; words: Key; offers: readonly string[] }[] = [
  { stage: "dispatched", words: "inbox.to-take", offers: ["take", "refuse"] },
  { stage: "handling", words: "inbox.mine", offers: ["report-done", "progress"] },
  { stage: "done", words: "inbox.waiting", offers: [] },
];
const LIMIT = 200;

export default function InboxPage() {
  const department = session.value?.department ?? null;
  const chosen = useSignal<{ found: CaseDocument; action: Action } | null>(null);
  useEffect(() => void needPlan(), []);
  const found = useResource(
    (signal) =>
      get<Page<CaseDocument>>("cases", {
        query: { stage: PARTS.map((part) => part.stage), mine: department ? true : null, limit: LIMIT },
        signal,
      }),
    [department],
  );
  useCaseFeed(() => found.again(), found.again);
  const rows = [...(found.value?.items ?? [])].sort(byDeadline);
  return (
    <div class="inbox">
      <header>
        <h1>{t("inbox.title")}</h1>
        <p class="dim">
          {t("inbox.about", { department: department ? departmentName(department) : t("inbox.everyone") })}
        </p>
      </header>
      {found.problem && !found.value ? (
        <Failed problem={found.problem} again={found.again} />
      ) : !found.value ? (
        <Loading rows={5} />
      ) : rows.length === 0 ? (
        <Empty icon="inbox" title={t("inbox.none")}>
          <p>{t("inbox.none-hint")}</p>
        </Empty>
      ) : (
        PARTS.map((part) => {
          const those = rows.filter((row) => row.stage === part.stage);
          if (those.length === 0) return null;
          return (
            <section key={part.stage}>
              <h2>
                {t(part.words)} <span class="dim">{those.length}</span>
              </h2>
              <ul>
                {those.map((row) => (
                  <Card
                    key={row.id}
                    found={row}
                    offers={part.offers}
                    choose={(action) => {
                      chosen.value = { found: row, action };
                    }}
                  />
                ))}
              </ul>
            </section>
          );
        })
      )}
      {chosen.value && (
        <ActionDialog
          found={chosen.value.found}
          action={chosen.value.action}
          onClose={() => {
            chosen.value = null;
          }}
          onChange={found.again}
        />
      )}
    </div>
  );
}

interface CardProps {
  found: CaseDocument;
  offers: readonly string[];
  choose: (action: Action) => void;
}

function Card({ found, offers, choose }: CardProps) {
  return (
    <li class={`inbox-card ${found.overdue ? "late" : ""}`}>
      <a href={href(`/cases/${found.id}`)}>
        <p class="inbox-top">
          <SeverityMark severity={found.severity} />
          <Due found={found} />
        </p>
        <p class="inbox-title">{found.title}</p>
        <p class="dim inbox-where">
          <Icon name="pin" size={14} />
          {[gridName(found.grid), found.place].filter(Boolean).join(" · ")}
        </p>
        <div class="cases-flags">
          <span class="mono dim">{found.number}</span>
          {found.squad && <span class="tag">{squadName(found.squad)}</span>}
          {found.stage === "done" && <StageTag stage={found.stage} />}
          <Flags found={found} />
        </div>
        {found.last.event === "case.reworked" && found.last.note && <p class="notice failed">{found.last.note}</p>}
        {found.taken_by && (
          <p class="dim">
            {found.taken_by} <Time at={found.taken_until} />
          </p>
        )}
      </a>
      {offers.length > 0 && found.suspension !== "suspended" && (
        <div class="inbox-offers">
          {ACTIONS.filter((action) => offers.includes(action.name)).map((action) => (
            <Button key={action.name} kind={action.kind ?? "plain"} onClick={() => choose(action)}>
              {words(`cases.do.${action.name}`)}
            </Button>
          ))}
        </div>
      )}
    </li>
  );
}

function byDeadline(one: CaseDocument, other: CaseDocument): number {
  return (one.due_at ?? "9999").localeCompare(other.due_at ?? "9999") || one.opened_at.localeCompare(other.opened_at);
}
