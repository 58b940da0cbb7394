// Everybody who may sign in: made, changed, switched off, given a new password.
import { useSignal } from "@preact/signals";
import { get, post, remove } from "../api/http";
import { departmentName } from "../api/plan";
import { may, session } from "../api/session";
import { t, words } from "../i18n";
import { Ask } from "../ui/Ask";
import { Button } from "../ui/Button";
import { Line } from "../ui/inputs";
import { useResource } from "../ui/resource";
import { ScrollX } from "../ui/ScrollX";
import { Secret } from "../ui/Secret";
import { Failed, Loading } from "../ui/states";
import { Time } from "../ui/Time";
import { refused, told } from "../ui/toast";
import { PostFields, postOf } from "./PostFields";

interface User {
  id: string;
  name: string;
  display_name: string;
  role: string;
  department: string | null;
  districts: string[] | null;
  has_password: boolean;
  must_change_password: boolean;
  provider: string | null;
  signed_in_at: string | null;
  disabled_at: string | null;
}

interface Made {
  user: User;
  password: string | null;
}

const ROLES = ["operator", "dispatcher", "department", "supervisor", "engineer", "admin"] as const;

export function Users() {
  const found = useResource((signal) => get<{ items: User[] }>("users", { signal }), []);
  const making = useSignal(false);
  const shown = useSignal<Made | null>(null);
  const act = async (work: () => Promise<Made | undefined | void>) => {
    try {
      const made = await work();
      if (made?.password) shown.value = made;
      else told(t("people.done"));
    } catch (error) {
      refused(error);
    }
    found.again();
  };
  if (!found.value)
    return found.problem ? <Failed problem={found.problem} again={found.again} /> : <Loading rows={6} />;
  const writes = may("people:write");
  return (
    <section class="panel">
      <header>
        <h2>{t("people.users")}</h2>
        {writes && (
          <Button
            kind="primary"
            icon="plus"
            onClick={() => {
              making.value = true;
            }}
          >
            {t("people.new-user")}
          </Button>
        )}
      </header>
      <ScrollX label={t("people.users")}>
        <table class="table cards">
          <thead>
            <tr>
              <th>{t("people.display-name")}</th>
              <th>{t("people.role")}</th>
              <th>{t("people.districts")}</th>
              <th>{t("people.last-sign-in")}</th>
              <th />
            </tr>
          </thead>
          <tbody>
            {found.value.items.map((user) => (
              <tr key={user.id}>
                <td>
                  <b>{user.display_name}</b> {session.value?.user_id === user.id && t("people.you")}
                  <p class="dim mono">{user.name}</p>
                  <div class="cases-flags">
                    {user.disabled_at && <span class="tag bad">{t("people.disabled")}</span>}
                    {user.must_change_password && <span class="tag warn">{t("people.must-change")}</span>}
                    {user.provider && <span class="tag">{t("people.provider", { provider: user.provider })}</span>}
                  </div>
                </td>
                <td>
                  {words(`shell.role.${user.role}`)}
                  {user.department && <p class="dim">{departmentName(user.department)}</p>}
                </td>
                <td>{user.districts ? user.districts.join("、") : t("people.whole-city")}</td>
                <td class="nowrap">
                  {user.signed_in_at ? <Time at={user.signed_in_at} as="ago" /> : t("people.never")}
                </td>
                <td>
                  {writes && (
                    <div class="case-actions">
                      {user.disabled_at ? (
                        <Button onClick={() => void act(() => post(`users/${user.id}/enable`))}>
                          {t("people.enable")}
                        </Button>
                      ) : (
                        <Button kind="danger" onClick={() => void act(() => post(`users/${user.id}/disable`))}>
                          {t("people.disable")}
                        </Button>
                      )}
                      <Button onClick={() => void act(() => post<Made>(`users/${user.id}/reset-password`))}>
                        {t("people.reset")}
                      </Button>
                      <Button onClick={() => void act(() => post(`users/${user.id}/unlock`))}>
                        {t("people.unlock")}
                      </Button>
                      <Button onClick={() => void act(() => remove(`users/${user.id}/sessions`))}>
                        {t("people.end-sessions")}
                      </Button>
                    </div>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollX>
      {making.value && (
        <NewUser
          onClose={() => {
            making.value = false;
          }}
          onMade={(made) => {
            shown.value = made;
            found.again();
          }}
        />
      )}
      {shown.value?.password && (
        <Secret
          title={t("people.password-for", { name: shown.value.user.name })}
          about={t("people.only-once")}
          secret={shown.value.password}
          onClose={() => {
            shown.value = null;
          }}
        />
      )}
    </section>
  );
}

function NewUser({ onClose, onMade }: { onClose: () => void; onMade: (made: Made) => void }) {
  const name = useSignal("");
  const display = useSignal("");
  const place = { role: useSignal("operator"), department: useSignal(""), districts: useSignal<readonly string[]>([]) };
  return (
    <Ask
      title={t("people.new-user")}
      does={t("people.new-user")}
      onClose={onClose}
      run={async () => {
        onMade(
          await post<Made>("users", {
            name: name.value.trim(),
            ...(display.value.trim() ? { display_name: display.value.trim() } : {}),
            ...postOf(place),
          }),
        );
      }}
    >
      <Line label={t("people.name")} value={name} required maxLength={100} />
      <Line label={t("people.display-name")} value={display} maxLength={100} />
      <PostFields post={place} roles={ROLES} />
    </Ask>
  );
}
