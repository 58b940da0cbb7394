// What is tried kept as a version: with a note, to be compared, shadowed and applied from its own page.
import { useSignal } from "@preact/signals";
import { post } from "../api/http";
import { t } from "../i18n";
import { go } from "../router";
import type { Changes } from "../tuning/documents";
import { valueOf } from "../tuning/figures";
import { Ask } from "../ui/Ask";
import { Lines } from "../ui/inputs";

interface SaveProps {
  changes: Changes;
  version: string;
  onClose: () => void;
}

export function SaveVersion({ changes, version, onClose }: SaveProps) {
  const note = useSignal("");
  const wrong = useSignal<string | null>(null);
  // A zone's own stay belongs to the city, and is saved with the camera's zones.
  const kept = Object.fromEntries(Object.entries(changes).filter(([path]) => !path.startsWith("zone:")));
  const zones = Object.keys(changes).length - Object.keys(kept).length;
  return (
    <Ask
      title={t("tuning.save-version")}
      does={t("tuning.save")}
      onClose={onClose}
      run={async (isOpen) => {
        wrong.value = !Object.keys(kept).length
          ? t("tuning.zone-elsewhere")
          : note.value.trim()
            ? null
            : t("tuning.note-needed");
        if (wrong.value) return false;
        const made = await post<{ version: string }>("configurations", {
          changes: kept,
          note: note.value.trim(),
          ...(version ? { base: version } : {}),
        });
        if (isOpen()) go(`/configurations/${made.version}`);
        return true;
      }}
    >
      <ul class="changed-values">
        {Object.entries(changes).map(([path, value]) => (
          <li key={path}>
            <span class="mono">{path}</span> <b>{valueOf(value)}</b>
          </li>
        ))}
      </ul>
      <Lines label={t("tuning.note")} value={note} maxLength={500} error={wrong.value} hint={t("tuning.note-hint")} />
      {zones > 0 && <p class="notice">{t("tuning.zone-elsewhere")}</p>}
      <p class="field-hint">{t("tuning.save-about")}</p>
    </Ask>
  );
}
