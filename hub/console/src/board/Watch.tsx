// The sound of the board, on every page of the console: a tone for what came, again for what nobody acknowledges.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Severity } from "../api/types";
import { t } from "../i18n";
import { counts as navigation } from "../layout/Nav";
import { addTool } from "../layout/tools";
import { Icon } from "../ui/Icon";
import { nowMs } from "../ui/ticking";
import { counter } from "../ui/time";
import { listen, mute, QUIET } from "./alarm";
import { onChange, store, useBoardStore, version } from "./live";
import { isDealtWith } from "./order";
import { allow, isAllowed, sound } from "./sound";

const alarm = signal(QUIET);
const allowed = signal(true);
/** The tones that were due, the newest last: what one would have heard. */
const sounded = signal<readonly Severity[]>([]);

export function toggleMute(): void {
  alarm.value = mute(alarm.value, Date.now());
}

/** Begin to listen; call what is returned to end it. */
export function watch(): () => void {
  let came: Severity[] = [];
  const look = () => {
    const now = Date.now();
    const waiting = [...(store.value?.incidents.values() ?? [])].filter((alert) => !isDealtWith(alert, now));
    const criticalWaits = waiting.some((alert) => alert.severity === "critical");
    const [next, tone] = listen(alarm.value, { came, criticalWaits }, now);
    came = [];
    alarm.value = next;
    navigation.value = { ...navigation.value, "/board": waiting.length };
    if (!tone) return;
    sounded.value = [...sounded.value, tone].slice(-20);
    sound(tone);
  };
  const permit = () => {
    void allow().then((running) => {
      allowed.value = running;
    });
  };
  allowed.value = isAllowed();
  addEventListener("pointerdown", permit);
  addEventListener("keydown", permit);
  const timer = setInterval(look, 1000);
  const ends = [
    useBoardStore(),
    onChange((change, alert) => {
      if (change.kind === "came" && !isDealtWith(alert, Date.now())) came.push(alert.severity);
    }),
    version.subscribe(() => {
      if (came.length > 0) look();
    }),
    addTool(SoundTool),
  ];
  return () => {
    clearInterval(timer);
    removeEventListener("pointerdown", permit);
    removeEventListener("keydown", permit);
    for (const end of ends) end();
  };
}

function SoundTool() {
  const now = nowMs.value;
  const left = alarm.value.mutedUntil - Date.now();
  const muted = left > 0 && now > 0;
  useEffect(() => {
    allowed.value = isAllowed();
  }, []);
  const label = muted ? t("board.unmute") : allowed.value ? t("board.mute") : t("board.sound-blocked");
  return (
    <button
      type="button"
      class={`sound-tool${muted ? " muted" : ""}${allowed.value ? "" : " blocked"}`}
      aria-pressed={muted}
      aria-label={muted || !allowed.value ? undefined : label}
      title={label}
      data-sounded={sounded.value.join(" ")}
      onClick={toggleMute}
    >
      <Icon name={muted || !allowed.value ? "mute" : "sound"} size={18} />
      {muted && <span>{counter(left)}</span>}
      {muted && <span class="visually-hidden">{label}</span>}
      {!muted && !allowed.value && <span>{t("board.sound-click")}</span>}
    </button>
  );
}
