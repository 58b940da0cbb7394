// The dialogs of the board: shelve with an end and a reason, false alarm, assign, and the help with its keys.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { hubNow, ruleTitle, timezone } from "../api/city";
import { get } from "../api/http";
import { me } from "../api/session";
import type { Alert } from "../api/types";
import { type Key, t, words } from "../i18n";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Field } from "../ui/Field";
import { fullTime } from "../ui/time";
import { Subject } from "../ui/Subject";
import { refused } from "../ui/toast";
import { assign, judge, shelve } from "./actions";
import { KEYS } from "./keys";
import { nextLocalHour, SHELVE_PRESETS } from "./presets";

interface ForAlert {
  alert: Alert;
  onClose: () => void;
}

function About({ alert }: { alert: Alert }) {
  return (
    <p class="dialog-about">
      <strong>{ruleTitle(alert.rule)}</strong>{" "}
      <span class="dim">
        <Subject id={alert.subject} />
      </span>
    </p>
  );
}

/** Reasons that are often given, as buttons that fill the field. */
function Reasons({ keys, onPick }: { keys: readonly Key[]; onPick: (text: string) => void }) {
  return (
    <div class="choices">
      {keys.map((key) => (
        <Button key={key} onClick={() => onPick(t(key))}>
          {t(key)}
        </Button>
      ))}
    </div>
  );
}

export function Shelve({ alert, onClose }: ForAlert) {
  const seconds = useSignal<number | "morning">(3600);
  const reason = useSignal("");
  const busy = useSignal(false);
  const morning = nextLocalHour(hubNow(), 8, timezone.value);
  const end = seconds.value === "morning" ? morning : hubNow() + seconds.value * 1000;
  const submit = async () => {
    if (!reason.value.trim() || busy.value) return;
    busy.value = true;
    const how = seconds.value === "morning" ? { until: new Date(morning).toISOString() } : { for_s: seconds.value };
    if (await shelve(alert, how, reason.value.trim())) onClose();
    busy.value = false;
  };
  return (
    <Dialog
      title={t("board.shelve")}
      onClose={onClose}
      onSubmit={submit}
      actions={
        <>
          <Button kind="quiet" onClick={onClose}>
            {t("ui.cancel")}
          </Button>
          <Button kind="primary" type="submit" busy={busy.value} disabled={!reason.value.trim()}>
            {t("board.shelve")}
          </Button>
        </>
      }
    >
      <About alert={alert} />
      <div class="field" role="group" aria-label={t("board.shelve-for")}>
        <span class="label">{t("board.shelve-for")}</span>
        <div class="choices">
          {SHELVE_PRESETS.map((preset) => (
            <Button
              key={preset.key}
              aria-pressed={seconds.value === preset.seconds}
              onClick={() => {
                seconds.value = preset.seconds;
              }}
            >
              {t(preset.key)}
            </Button>
          ))}
          <Button
            aria-pressed={seconds.value === "morning"}
            onClick={() => {
              seconds.value = "morning";
            }}
          >
            {t("board.until-morning")}
          </Button>
        </div>
        <p class="field-hint">{t("board.shelve-ends", { at: fullTime(end) })}</p>
      </div>
      <Field label={t("board.reason")}>
        {(control) => (
          <input
            {...control}
            required
            maxLength={200}
            value={reason.value}
            onInput={(event) => {
              reason.value = event.currentTarget.value;
            }}
          />
        )}
      </Field>
      <Reasons
        keys={["board.shelve-reason.works", "board.shelve-reason.known", "board.shelve-reason.waiting"]}
        onPick={(text) => {
          reason.value = text;
        }}
      />
    </Dialog>
  );
}

export function FalseAlarm({ alert, onClose }: ForAlert) {
  const reason = useSignal("");
  const busy = useSignal(false);
  const submit = async () => {
    busy.value = true;
    if (await judge(alert, "false_alarm", reason.value.trim() || null)) onClose();
    busy.value = false;
  };
  return (
    <Dialog
      title={t("board.false-alarm")}
      onClose={onClose}
      onSubmit={submit}
      actions={
        <>
          <Button kind="quiet" onClick={onClose}>
            {t("ui.cancel")}
          </Button>
          <Button kind="primary" type="submit" busy={busy.value}>
            {t("board.false-alarm")}
          </Button>
        </>
      }
    >
      <About alert={alert} />
      <p class="dim">{t("board.false-about")}</p>
      <Field label={t("board.reason-optional")}>
        {(control) => (
          <input
            {...control}
            maxLength={200}
            value={reason.value}
            onInput={(event) => {
              reason.value = event.currentTarget.value;
            }}
          />
        )}
      </Field>
      <Reasons
        keys={["board.false-reason.maintenance", "board.false-reason.sensor", "board.false-reason.mistaken"]}
        onPick={(text) => {
          reason.value = text;
        }}
      />
    </Dialog>
  );
}

interface Colleague {
  name: string;
  display_name: string;
  role: string;
}

export function Assign({ alert, onClose }: ForAlert) {
  const people = useSignal<readonly Colleague[]>([]);
  const to = useSignal(alert.owner ?? me());
  useEffect(() => {
    get<{ items: Colleague[] }>("board/colleagues").then((found) => {
      people.value = found.items;
    }, refused);
  }, []);
  const give = async (name: string | null) => {
    if (name === alert.owner || (await assign(alert, name))) onClose();
  };
  const listed = people.value.some((one) => one.name === me())
    ? people.value
    : [{ name: me(), display_name: "", role: "" }, ...people.value];
  return (
    <Dialog
      title={t("board.assign")}
      onClose={onClose}
      onSubmit={() => give(to.value)}
      actions={
        <>
          {alert.owner && (
            <Button kind="quiet" onClick={() => give(null)}>
              {t("board.to-nobody")}
            </Button>
          )}
          <Button kind="primary" type="submit">
            {t("board.assign")}
          </Button>
        </>
      }
    >
      <About alert={alert} />
      <Field label={t("board.assign-to")}>
        {(control) => (
          <select
            {...control}
            value={to.value}
            onChange={(event) => {
              to.value = event.currentTarget.value;
            }}
          >
            {listed.map((one) => (
              <option key={one.name} value={one.name}>
                {one.display_name || one.name}
                {one.name === me() ? ` (${t("board.me")})` : one.role ? ` · ${words(`shell.role.${one.role}`)}` : ""}
              </option>
            ))}
          </select>
        )}
      </Field>
    </Dialog>
  );
}

export function Help({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={t("board.help")} onClose={onClose} wide>
      <dl class="keys">
        {KEYS.map(({ keys, says }) => (
          <div key={says}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{t(says)}</dd>
          </div>
        ))}
      </dl>
      <p class="dim">{t("board.help-still")}</p>
      <p class="dim">{t("board.help-flood")}</p>
    </Dialog>
  );
}
