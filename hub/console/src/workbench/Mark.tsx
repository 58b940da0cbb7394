// A label for a stretch of time that was marked on the timeline, or typed in.
import { useSignal } from "@preact/signals";
import { post } from "../api/http";
import { t } from "../i18n";
import type { Verdict } from "../tuning/documents";
import { Ask } from "../ui/Ask";
import { Choice, Line } from "../ui/inputs";
import { fromLocal, toLocal } from "../ui/localTime";
import { told } from "../ui/toast";
import type { Place } from "./places";
import type { Stretch } from "./scale";

interface MarkProps {
  rule: string;
  /** Where it may lie. */
  places: readonly Place[];
  stretch: Stretch;
  verdict?: Verdict;
  onClose: () => void;
  onDone: () => void;
}

const VERDICTS: readonly Verdict[] = ["true", "false", "missed"];

export function Mark({ rule, places, stretch, verdict = "missed", onClose, onDone }: MarkProps) {
  const is = useSignal<string>(verdict);
  const subject = useSignal(places[0]?.id ?? "");
  const since = useSignal(toLocal(stretch.from));
  const until = useSignal(toLocal(stretch.to));
  const reason = useSignal("");
  const wrong = useSignal<string | null>(null);
  const exact = (text: string, marked: number) => (text === toLocal(marked) ? marked : fromLocal(text));
  return (
    <Ask
      title={t("tuning.new-label")}
      does={t("tuning.label-it")}
      onClose={onClose}
      run={async () => {
        const from = exact(since.value, stretch.from);
        const to = exact(until.value, stretch.to);
        wrong.value = from === null || to === null || to <= from ? t("tuning.span-wrong") : null;
        if (wrong.value || from === null || to === null) return false;
        await post("tuning/labels", {
          rule,
          subject: subject.value,
          grid: places.find((one) => one.id === subject.value)?.grid || null,
          since: new Date(from).toISOString(),
          until: new Date(to).toISOString(),
          verdict: is.value,
          reason: reason.value.trim(),
          source: "drawn",
        });
        told(t("tuning.labelled"));
        onDone();
        return true;
      }}
    >
      <Choice
        label={t("tuning.verdict")}
        value={is}
        options={VERDICTS.map((one) => ({ value: one, words: t(`tuning.verdict.${one}`) }))}
        hint={t("tuning.verdict-hint")}
      />
      {places.length > 1 && (
        <Choice
          label={t("tuning.subject")}
          value={subject}
          options={places.map(({ id, name }) => ({ value: id, words: name ? `${name} · ${id}` : id }))}
        />
      )}
      <Line label={t("tuning.since")} type="datetime-local" value={since} required />
      <Line label={t("tuning.until")} type="datetime-local" value={until} required error={wrong.value} />
      <Line label={t("tuning.reason")} value={reason} maxLength={500} />
    </Ask>
  );
}
