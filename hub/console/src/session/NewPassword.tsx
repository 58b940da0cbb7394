// A password that was given by somebody else is changed before anything else is done.
import { useSignal } from "@preact/signals";
import { type ApiProblem, asProblem } from "../api/problem";
import { changePassword, signOut } from "../api/session";
import { t } from "../i18n";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { problemDetail } from "../ui/states";
import { refused } from "../ui/toast";

function why(problem: ApiProblem): string {
  return problem.errors[0]?.detail ?? (problemDetail(problem) || problem.title);
}

export function NewPassword() {
  const current = useSignal("");
  const chosen = useSignal("");
  const repeated = useSignal("");
  const busy = useSignal(false);
  const error = useSignal<"differ" | ApiProblem | null>(null);
  const change = async (event: Event) => {
    event.preventDefault();
    if (chosen.value !== repeated.value) {
      error.value = "differ";
      return;
    }
    busy.value = true;
    error.value = null;
    try {
      await changePassword(current.value, chosen.value);
    } catch (thrown) {
      error.value = asProblem(thrown);
    } finally {
      busy.value = false;
    }
  };
  const field = (
    label: string,
    value: typeof current,
    autocomplete: "current-password" | "new-password",
    hint = "",
  ) => (
    <Field label={label} hint={hint}>
      {(control) => (
        <input
          {...control}
          type="password"
          required
          autocomplete={autocomplete}
          value={value.value}
          onInput={(event) => {
            value.value = event.currentTarget.value;
          }}
        />
      )}
    </Field>
  );
  return (
    <main class="sign-in">
      <form onSubmit={change}>
        <div class="sign-in-brand">
          <h1>{t("session.new-title")}</h1>
          <p>{t("session.new-hint")}</p>
        </div>
        {error.value && (
          <p class="notice failed" role="alert">
            {error.value === "differ" ? t("session.differ") : why(error.value)}
          </p>
        )}
        {field(t("session.current"), current, "current-password")}
        {field(t("session.new"), chosen, "new-password", t("session.new-rule"))}
        {field(t("session.repeat"), repeated, "new-password")}
        <Button kind="primary" type="submit" busy={busy.value} class="wide">
          {t("session.change")}
        </Button>
        <Button kind="quiet" onClick={() => signOut().catch(refused)}>
          {t("shell.sign-out")}
        </Button>
      </form>
    </main>
  );
}
