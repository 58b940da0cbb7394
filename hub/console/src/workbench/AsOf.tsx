// Whose run an answer is of, and from when, where it was not asked for on this page.
import type { Run } from "../tuning/runs";
import { t } from "../i18n";
import { Time } from "../ui/Time";

export function AsOf({ run }: { run: Run | null }) {
  if (!run) return null;
  return (
    <p class="field-hint">
      {t("tuning.as-of", { by: run.by })} <Time at={run.created_at} as="full" />
    </p>
  );
}
