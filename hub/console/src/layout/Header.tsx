// The header: the city, whether data is live, its clock, and what the operator sets for themselves.
import { city } from "../api/city";
import { feedState } from "../api/feed";
import { session, signOut } from "../api/session";
import { language, speak, t, words } from "../i18n";
import { IconButton } from "../ui/Button";
import { paint, theme } from "../ui/theme";
import { nowMs } from "../ui/ticking";
import { clockTime, date } from "../ui/time";
import { refused } from "../ui/toast";
import { headerTools } from "./tools";

export function Header({ onMenu }: { onMenu: () => void }) {
  const who = session.value;
  return (
    <header class="header">
      <IconButton icon="menu" class="only-narrow" label={t("shell.nav")} onClick={onMenu} />
      <div class="city">
        <strong>{city.value?.name ?? t("shell.product")}</strong>
        <Live />
      </div>
      <div class="header-tools">
        {headerTools.value.map((Tool, index) => (
          <Tool key={index} />
        ))}
        <Clock />
        <IconButton
          icon={theme.value === "dark" ? "sun" : "moon"}
          label={t(theme.value === "dark" ? "shell.to-light" : "shell.to-dark")}
          onClick={() => paint(theme.value === "dark" ? "light" : "dark")}
        />
        <IconButton
          icon="language"
          label={t("shell.to-other-language")}
          onClick={() => speak(language.value === "zh" ? "en" : "zh")}
        />
        {who && (
          <div class="who" title={`${who.name} · ${words(`shell.role.${who.role}`, who.role)}`}>
            <span class="who-name">{who.display_name || who.name}</span>
            <span class="who-role">{words(`shell.role.${who.role}`, who.role)}</span>
          </div>
        )}
        <IconButton icon="exit" label={t("shell.sign-out")} onClick={() => signOut().catch(refused)} />
      </div>
    </header>
  );
}

function Live() {
  const { state } = feedState.value;
  const word =
    state === "live" ? t("shell.feed-live") : state === "cut" ? t("shell.feed-cut-short") : t("shell.feed-connecting");
  return (
    <span class={`live is-${state}`} role="status">
      <i aria-hidden="true" />
      {word}
    </span>
  );
}

function Clock() {
  return (
    <div class="clock" title={t("shell.city-time")}>
      <span class="clock-time">{clockTime(nowMs.value)}</span>
      <span class="clock-date">{date(nowMs.value)}</span>
    </div>
  );
}
