// Signing in: name and password in, a session out; says in words why not, and never whether a name exists.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { API, get } from "../api/http";
import { type ApiProblem, asProblem } from "../api/problem";
import { endedBy, signIn } from "../api/session";
import { language, speak, t } from "../i18n";
import { Button, IconButton } from "../ui/Button";
import { Field } from "../ui/Field";
import { Icon } from "../ui/Icon";
import { span } from "../ui/time";

function why(problem: ApiProblem): string {
  if (problem.unreachable) return t("session.unreachable");
  if (problem.status === 429) return t("session.locked", { wait: span((problem.retryAfterS ?? 60) * 1000) });
  if (problem.status === 401) return t("session.refused");
  return problem.detail || problem.title;
}

function ended(problem: ApiProblem): string {
  if (problem.members["instance"]?.toString().endsWith("/ticket")) return t("session.ticket-refused");
  // That it ended by itself is usual; that somebody ended it, or disabled the account, is worth a word.
  const byHand = problem.members["session"] === "ended" || problem.members["session"] === "disabled";
  return byHand ? t("session.ended-by-hand", { why: problem.detail }) : t("session.ended");
}

export function SignIn() {
  const name = useSignal("");
  const password = useSignal("");
  const shown = useSignal(false);
  const caps = useSignal(false);
  const busy = useSignal(false);
  const error = useSignal<"missing" | ApiProblem | null>(null);
  const provider = useSignal<string | null>(null);
  useEffect(() => {
    get<{ oidc: string | null }>("session/methods").then(
      (methods) => {
        provider.value = methods.oidc;
      },
      () => {}, // the name and the password are asked for all the same
    );
  }, []);
  const enter = async (event: Event) => {
    event.preventDefault();
    if (!name.value.trim() || !password.value) {
      error.value = "missing";
      return;
    }
    busy.value = true;
    error.value = null;
    try {
      await signIn(name.value.trim(), password.value);
    } catch (thrown) {
      error.value = asProblem(thrown);
      password.value = "";
    } finally {
      busy.value = false;
    }
  };
  // The types of Preact know an input only by a type that is fixed.
  const kind = { type: shown.value ? "text" : "password" } as { type: "password" };
  return (
    <main class="sign-in">
      <form onSubmit={enter}>
        <div class="sign-in-brand">
          <svg width="44" height="44" viewBox="0 0 32 32" aria-hidden="true">
            <path d="M16 3.5 27 9.8v12.4L16 28.5 5 22.2V9.8Z" fill="none" stroke="currentColor" stroke-width="1.8" />
            <circle cx="16" cy="16" r="4" fill="currentColor" />
          </svg>
          <h1>
            联勤 <small>Lianqin</small>
          </h1>
          <p>{t("session.subtitle")}</p>
        </div>
        {endedBy.value && !error.value && (
          <p class="notice" role="status">
            {ended(endedBy.value)}
          </p>
        )}
        {error.value && (
          <p class="notice failed" role="alert">
            <Icon name="warning" size={16} /> {error.value === "missing" ? t("session.missing") : why(error.value)}
          </p>
        )}
        <Field label={t("session.name")}>
          {(control) => (
            <input
              {...control}
              name="username"
              autocomplete="username"
              autocapitalize="none"
              spellcheck={false}
              autoFocus
              value={name.value}
              onInput={(event) => {
                name.value = event.currentTarget.value;
              }}
            />
          )}
        </Field>
        <Field label={t("session.password")} hint={caps.value ? t("session.caps") : undefined}>
          {(control) => (
            <div class="with-button">
              <input
                {...control}
                name="password"
                {...kind}
                autocomplete="current-password"
                value={password.value}
                onInput={(event) => {
                  password.value = event.currentTarget.value;
                }}
                onKeyUp={(event) => {
                  caps.value = event.getModifierState("CapsLock");
                }}
              />
              <Button
                kind="quiet"
                aria-pressed={shown.value}
                onClick={() => {
                  shown.value = !shown.value;
                }}
              >
                {t(shown.value ? "session.hide-password" : "session.show-password")}
              </Button>
            </div>
          )}
        </Field>
        <Button kind="primary" type="submit" busy={busy.value} class="wide">
          {t(busy.value ? "session.signing-in" : "session.sign-in")}
        </Button>
        {provider.value && (
          <>
            <p class="dim sign-in-or">{t("session.or")}</p>
            <a class="button wide" href={`${API}/session/oidc`}>
              {provider.value}
            </a>
          </>
        )}
      </form>
      <IconButton
        class="sign-in-language"
        icon="language"
        label={t("shell.to-other-language")}
        onClick={() => speak(language.value === "zh" ? "en" : "zh")}
      />
    </main>
  );
}
