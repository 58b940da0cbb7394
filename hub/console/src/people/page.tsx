// People, tokens and the audit: who may do what, and what was done.
import { t, type Key } from "../i18n";
import { may } from "../api/session";
import { go, place } from "../router";
import { Audit } from "./Audit";
import { Tokens } from "./Tokens";
import { Users } from "./Users";
import "../cases/cases.css";

const TABS: readonly { name: string; words: Key; scope: string }[] = [
  { name: "users", words: "people.users", scope: "people:read" },
  { name: "tokens", words: "people.tokens", scope: "people:read" },
  { name: "audit", words: "people.audit", scope: "audit:read" },
];

export default function PeoplePage() {
  const tabs = TABS.filter((tab) => may(tab.scope));
  const wanted = place.value.query.get("tab");
  const shown = tabs.find((tab) => tab.name === wanted) ?? tabs[0];
  return (
    <div class="column">
      <header class="page-head">
        <h1>{t("people.title")}</h1>
        <div class="choices">
          {tabs.map((tab) => (
            <button
              key={tab.name}
              type="button"
              class="button"
              aria-pressed={tab === shown}
              onClick={() => go(`/people?tab=${tab.name}`, { replace: true })}
            >
              {t(tab.words)}
            </button>
          ))}
        </div>
      </header>
      {shown?.name === "users" && <Users />}
      {shown?.name === "tokens" && <Tokens />}
      {shown?.name === "audit" && <Audit />}
    </div>
  );
}
