// Apply a version, apply it later, roll back: asked with a note, refused with a way on where somebody else was quicker.
import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { hubNow, timezone } from "../api/city";
import { get, post } from "../api/http";
import { asProblem } from "../api/problem";
import { t } from "../i18n";
import { href } from "../router";
import { Ask } from "../ui/Ask";
import { Line } from "../ui/inputs";
import { fromLocal, toLocal } from "../ui/localTime";
import { Time } from "../ui/Time";
import { told } from "../ui/toast";
import { authorOf, type Version } from "./documents";

const HOUR_MS = 3_600_000;

interface ActionProps {
  onClose: () => void;
  onDone: () => void;
}

/**
 * What is in force as the asker knows it. Once refused, because it is another by now, `news` is that one; asking again
 * is then meant with it in view.
 */
function useKnown(inForce: string): { known: Signal<string>; news: Signal<Version | null>; meet: typeof meet } {
  const known = useSignal(inForce);
  const news = useSignal<Version | null>(null);
  /** Do it; return false where somebody else changed what is in force, which is then shown. */
  const meet = async (does: () => Promise<unknown>): Promise<boolean> => {
    try {
      await does();
      return true;
    } catch (error) {
      const present = asProblem(error).members["version"];
      if (asProblem(error).kind !== "changed-meanwhile" || typeof present !== "string") throw error;
      news.value = await get<Version>(`configurations/${present}`);
      known.value = present;
      return false;
    }
  };
  return { known, news, meet };
}

function News({ news, children }: { news: Version; children: ComponentChildren }) {
  const since = news.applied.find((one) => one.until === null);
  return (
    <div class="notice failed" role="alert">
      <div>
        <p>
          {t("configurations.meanwhile", { version: news.version, by: authorOf(since?.by ?? news.author) })}{" "}
          <Time at={since?.since} as="full" />
          {(since?.note || news.note) && ` · ${since?.note || news.note}`}
        </p>
        <p>{children}</p>
      </div>
    </div>
  );
}

interface ApplyProps extends ActionProps {
  id: string;
  effect: string;
  inForce: string;
  /** Show what differs from that version. */
  compare: (version: string) => void;
}

export function Apply({ id, effect, inForce, compare, onClose, onDone }: ApplyProps) {
  const note = useSignal("");
  const wrong = useSignal<string | null>(null);
  const { known, news, meet } = useKnown(inForce);
  return (
    <Ask
      title={t("configurations.apply-ask", { version: id })}
      does={t(news.value ? "configurations.apply-yet" : "configurations.apply")}
      onClose={onClose}
      run={async () => {
        wrong.value = note.value.trim() ? null : t("tuning.note-needed");
        if (wrong.value) return false;
        const order = { note: note.value.trim() };
        const isDone = await meet(() => post(`configurations/${id}/apply`, order, { revision: known.value }));
        onDone();
        if (isDone) told(t("configurations.applied-now"));
        return isDone;
      }}
    >
      {news.value && (
        <News news={news.value}>
          {news.value.version === id ? (
            t("configurations.applied-by-other")
          ) : (
            <>
              {t("configurations.would-undo")}{" "}
              <button type="button" class="button" onClick={() => compare(news.value?.version ?? "")}>
                {t("configurations.compare")}
              </button>
            </>
          )}
        </News>
      )}
      <p>{t("configurations.apply-about")}</p>
      {effect && (
        <p>
          <a href={href(effect)} onClick={onClose}>
            {t("configurations.effect")}
          </a>
        </p>
      )}
      <Line label={t("configurations.note")} value={note} maxLength={500} error={wrong.value} />
    </Ask>
  );
}

export function Schedule({ id, onClose, onDone }: ActionProps & { id: string }) {
  const at = useSignal(toLocal(Math.ceil(hubNow() / HOUR_MS) * HOUR_MS + HOUR_MS));
  const note = useSignal("");
  const wrong = useSignal<string | null>(null);
  return (
    <Ask
      title={t("configurations.schedule")}
      does={t("configurations.schedule")}
      onClose={onClose}
      run={async () => {
        const when = fromLocal(at.value);
        wrong.value = when === null || when <= hubNow() ? t("configurations.future") : null;
        if (wrong.value || when === null) return false;
        await post(`configurations/${id}/schedule`, { at: new Date(when).toISOString(), note: note.value.trim() });
        told(t("configurations.scheduled-for"));
        onDone();
        return true;
      }}
    >
      <p>{t("configurations.schedule-about")}</p>
      <Line
        label={t("configurations.when")}
        type="datetime-local"
        value={at}
        required
        error={wrong.value}
        hint={t("configurations.zone", { zone: timezone.value })}
      />
      <Line label={t("configurations.note")} value={note} maxLength={500} />
    </Ask>
  );
}

interface RollBackProps extends ActionProps {
  /** The version that is rolled back, as it is known here, and the one that it goes back to. */
  current: string;
  to: string;
}

export function RollBack({ current, to, onClose, onDone }: RollBackProps) {
  const note = useSignal("");
  const wrong = useSignal<string | null>(null);
  const { known, news, meet } = useKnown(current);
  return (
    <Ask
      danger
      title={t("configurations.rollback")}
      does={t(news.value ? "configurations.rollback-yet" : "configurations.rollback")}
      onClose={onClose}
      run={async () => {
        wrong.value = note.value.trim() ? null : t("tuning.note-needed");
        if (wrong.value) return false;
        const order = { note: note.value.trim() };
        const isDone = await meet(() => post("configurations/rollback", order, { revision: known.value }));
        onDone();
        if (isDone) told(t("configurations.rolled-back"));
        return isDone;
      }}
    >
      {news.value && (
        <News news={news.value}>
          {t("configurations.would-roll-back")}{" "}
          <a href={href(`/configurations/${news.value.version}`)} onClick={onClose}>
            {t("configurations.look-at")}
          </a>
        </News>
      )}
      <p>
        {t("configurations.rollback-from-to", { from: known.value, to })} {t("configurations.rollback-about")}
      </p>
      <Line label={t("configurations.note")} value={note} maxLength={500} error={wrong.value} />
    </Ask>
  );
}
