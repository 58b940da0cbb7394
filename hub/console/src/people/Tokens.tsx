// Tokens of machines: made with a role and an end, seen in use, revoked.
import { useSignal } from "@preact/signals";
import { get, post, remove } from "../api/http";
import { departmentName } from "../api/plan";
import { may } from "../api/session";
import { t, words } from "../i18n";
import { Ask } from "../ui/Ask";
import { Button } from "../ui/Button";
import { Line } from "../ui/inputs";
import { useResource } from "../ui/resource";
import { ScrollX } from "../ui/ScrollX";
import { Secret } from "../ui/Secret";
import { Failed, Loading } from "../ui/states";
import { Time } from "../ui/Time";
import { PostFields, postOf } from "./PostFields";

interface Token {
  token_id: string;
  name: string;
  role: string;
  department: string | null;
  districts: string[] | null;
  expires_at: string | null;
  revoked_at: string | null;
  last_used_at: string | null;
}

interface MadeToken {
  token: string;
  name: string;
}

const ROLES = [
  "dispatch",
  "reports",
  "operator",
  "dispatcher",
  "department",
  "supervisor",
  "engineer",
  "admin",
] as const;

export function Tokens() {
  const found = useResource((signal) => get<{ items: Token[] }>("tokens", { signal }), []);
  const making = useSignal(false);
  const shown = useSignal<MadeToken | null>(null);
  const ending = useSignal<Token | null>(null);
  if (!found.value)
    return found.problem ? <Failed problem={found.problem} again={found.again} /> : <Loading rows={6} />;
  return (
    <section class="panel">
      <header>
        <h2>{t("people.tokens")}</h2>
        {may("people:write") && (
          <Button
            kind="primary"
            icon="plus"
            onClick={() => {
              making.value = true;
            }}
          >
            {t("people.new-token")}
          </Button>
        )}
      </header>
      {found.value.items.length === 0 ? (
        <p class="panel-content dim">{t("people.none")}</p>
      ) : (
        <ScrollX label={t("people.tokens")}>
          <table class="table cards">
            <thead>
              <tr>
                <th>{t("people.display-name")}</th>
                <th>{t("people.role")}</th>
                <th>{t("people.districts")}</th>
                <th>{t("people.expires")}</th>
                <th>{t("people.last-used")}</th>
                <th />
              </tr>
            </thead>
            <tbody>
              {found.value.items.map((token) => (
                <tr key={token.token_id}>
                  <td>
                    <b>{token.name}</b> {token.revoked_at && <span class="tag bad">{t("people.revoked")}</span>}
                  </td>
                  <td>
                    {words(`shell.role.${token.role}`)}
                    {token.department && <p class="dim">{departmentName(token.department)}</p>}
                  </td>
                  <td>{token.districts ? token.districts.join("、") : t("people.whole-city")}</td>
                  <td class="nowrap">
                    <Time at={token.expires_at} />
                  </td>
                  <td class="nowrap">
                    {token.last_used_at ? <Time at={token.last_used_at} as="ago" /> : t("people.never")}
                  </td>
                  <td class="number">
                    {may("people:write") && !token.revoked_at && (
                      <Button
                        kind="danger"
                        onClick={() => {
                          ending.value = token;
                        }}
                      >
                        {t("people.revoke")}
                      </Button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollX>
      )}
      {making.value && (
        <NewToken
          onClose={() => {
            making.value = false;
          }}
          onMade={(made) => {
            shown.value = made;
            found.again();
          }}
        />
      )}
      {ending.value && (
        <Ask
          title={`${t("people.revoke")} · ${ending.value.name}`}
          does={t("people.revoke")}
          danger
          onClose={() => {
            ending.value = null;
          }}
          run={async () => {
            await remove(`tokens/${ending.value?.token_id}`);
            found.again();
          }}
        >
          <p>{t("people.token-for", { name: ending.value.name })}</p>
        </Ask>
      )}
      {shown.value && (
        <Secret
          title={t("people.token-for", { name: shown.value.name })}
          about={t("people.only-once")}
          secret={shown.value.token}
          onClose={() => {
            shown.value = null;
          }}
        />
      )}
    </section>
  );
}

function NewToken({ onClose, onMade }: { onClose: () => void; onMade: (made: MadeToken) => void }) {
  const name = useSignal("");
  const days = useSignal("365");
  const place = { role: useSignal("dispatch"), department: useSignal(""), districts: useSignal<readonly string[]>([]) };
  return (
    <Ask
      title={t("people.new-token")}
      does={t("people.new-token")}
      onClose={onClose}
      run={async () => {
        onMade(
          await post<MadeToken>("tokens", {
            name: name.value.trim(),
            ...(days.value ? { days: Number(days.value) } : {}),
            ...postOf(place),
          }),
        );
      }}
    >
      <Line label={t("people.display-name")} value={name} required maxLength={100} />
      <PostFields post={place} roles={ROLES} />
      <Line label={t("people.days")} value={days} type="number" min={1} max={36500} />
    </Ask>
  );
}
