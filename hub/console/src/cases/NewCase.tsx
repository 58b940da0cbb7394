// A case opened by hand: what was seen or told by telephone, with its place; collected, and filed afterwards.
import { signal, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { post } from "../api/http";
import { categoryOptions, gridOptions, severityOptions } from "../api/options";
import { needPlan } from "../api/plan";
import { type ApiProblem, asProblem } from "../api/problem";
import { t } from "../i18n";
import { go } from "../router";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Choice, Line, Lines } from "../ui/inputs";
import { problemText } from "../ui/states";
import type { CaseDocument } from "./case";
import { type Photo, PhotoField } from "./photos";

export function NewCase({ onClose }: { onClose: () => void }) {
  const title = useSignal("");
  const grid = useSignal("");
  const where = useSignal("");
  const severity = useSignal("minor");
  const category = useSignal("");
  const note = useSignal("");
  const photos = useMemo(() => signal<readonly Photo[]>([]), []);
  const tried = useSignal(false);
  const busy = useSignal(false);
  const problem = useSignal<ApiProblem | null>(null);
  useEffect(() => void needPlan(), []);
  const submit = async () => {
    tried.value = true;
    if (!title.value.trim() || !grid.value || busy.value) return;
    busy.value = true;
    try {
      const made = await post<CaseDocument>("cases", {
        title: title.value.trim(),
        grid: grid.value,
        place: where.value.trim(),
        severity: severity.value,
        ...(category.value ? { category: category.value } : {}),
        note: note.value.trim(),
        photos: photos.value.map((photo) => photo.sha256),
      });
      onClose();
      go(`/cases/${made.id}`);
    } catch (error) {
      problem.value = asProblem(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <Dialog
      title={t("cases.new")}
      onClose={onClose}
      onSubmit={() => void submit()}
      actions={
        <>
          <Button onClick={onClose}>{t("ui.cancel")}</Button>
          <Button type="submit" kind="primary" busy={busy.value}>
            {t("cases.new")}
          </Button>
        </>
      }
    >
      {problem.value && (
        <p class="notice failed" role="alert">
          {problemText(problem.value)}
        </p>
      )}
      <Line
        label={t("cases.title-label")}
        value={title}
        maxLength={200}
        error={tried.value && !title.value.trim() ? t("cases.title-needed") : null}
      />
      <Choice
        label={t("cases.grid")}
        value={grid}
        options={gridOptions()}
        none=""
        error={tried.value && !grid.value ? t("cases.grid-needed") : null}
      />
      <Line label={t("cases.place")} value={where} maxLength={200} hint={t("cases.place-hint")} />
      <Choice label={t("cases.severity")} value={severity} options={severityOptions()} />
      <Choice label={t("cases.category")} value={category} options={categoryOptions()} none="" />
      <Lines label={t("cases.note")} value={note} maxLength={2000} />
      <PhotoField photos={photos} />
    </Dialog>
  );
}
