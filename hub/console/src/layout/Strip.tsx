// The strip at the foot, where its coming pushes nothing away, that appears when what is shown may not be the present: which part is stale, since when.
import { feed, feedState } from "../api/feed";
import { t, words } from "../i18n";
import { said } from "../i18n/said";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { nowMs } from "../ui/ticking";
import { span } from "../ui/time";
import { checks } from "./freshness";

const GRACE_MS = 3000; // a cut that mends itself at once is not worth a word

export function Strip() {
  const { state, since } = feedState.value;
  const cutMs = performance.now() - since;
  nowMs.value; // the span counts on
  const failing = (checks.value ?? []).filter((check) => !check.ok);
  const cut = state === "cut" && cutMs > GRACE_MS;
  if (!cut && failing.length === 0) return null;
  return (
    <div class="strip" role="status">
      {cut && (
        <p>
          <Icon name="plug" size={16} />
          <span>{t("shell.feed-cut", { for: span(cutMs) })}</span>
          <Button kind="quiet" onClick={() => feed.hurry()}>
            {t("shell.retry-now")}
          </Button>
        </p>
      )}
      {failing.map((check) => (
        <p key={check.name} title={said(check.detail)}>
          <Icon name="warning" size={16} />
          <span>
            {words(
              `shell.stale-${check.name}`,
              t("shell.stale-other", { name: words(`shell.check.${check.name}`, check.name) }),
            )}
          </span>
          <span class="dim">{said(check.detail)}</span>
        </p>
      ))}
    </div>
  );
}
