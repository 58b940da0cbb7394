// How far a run is, where it takes long enough to be noticed, with a way to end it; or why it did not work.
import type { Running } from "../tuning/runs";
import { t } from "../i18n";
import { said } from "../tuning/sentences";
import { Button } from "../ui/Button";
import { problemText } from "../ui/states";

export function Progress({ running, asked = true }: { running: Running<unknown>; asked?: boolean }) {
  if (!asked) return null;
  if (running.problem)
    return (
      <div class="notice failed" role="alert">
        <span>{problemText(running.problem)}</span>
        <Button onClick={running.again}>{t("ui.retry")}</Button>
      </div>
    );
  if (!running.waiting) return null;
  const run = running.run;
  return (
    <div class="run-progress" role="status">
      <progress
        max={1}
        {...(run && run.progress > 0 ? { value: run.progress } : {})}
        aria-label={t("tuning.judging")}
      />
      <span class="dim">
        {said(run?.note ?? "") || t(run?.state === "waiting" ? "tuning.state.waiting" : "tuning.judging")}
      </span>
      <Button kind="quiet" onClick={running.cancel}>
        {t("ui.cancel")}
      </Button>
    </div>
  );
}
