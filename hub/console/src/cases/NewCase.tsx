// A case opened by hand: what was seen or told by telephone, with its place; collected, and filed afterwards.
import { signal, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { city } from "../api/city";
import { post } from "../api/http";
import { needPlan, plan } from "../api/plan";
import { type ApiProblem, asProblem } from "../api/problem";
import { SEVERITIES, type Severity } from "../api/types";
import { language, t, words } from "../i18n";
import { go } from "../router";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Field } from "../ui/Field";
import { problemTitle } from "../ui/states";
import type { CaseDocument } from "./case";
import { type Photo, PhotoField } from "./photos";

export function NewCase({ onClose }: { onClose: () => void }) {
  const title = useSignal("");
  const grid = useSignal("");
  const where = useSignal("");
  const severity = useSignal<Severity>("minor");
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
          {problemTitle(problem.value)}: {problem.value.detail}
        </p>
      )}
      <Field label={t("cases.title-label")} error={tried.value && !title.value.trim() ? t("cases.title-needed") : null}>
        {(control) => (
          <input
            {...control}
            maxLength={200}
            value={title.value}
            onInput={(event) => {
              title.value = event.currentTarget.value;
            }}
          />
        )}
      </Field>
      <Field label={t("cases.grid")} error={tried.value && !grid.value ? t("cases.grid-needed") : null}>
        {(control) => (
          <select
            {...control}
            value={grid.value}
            onChange={(event) => {
              grid.value = event.currentTarget.value;
            }}
          >
            <option value="" />
            {(city.value?.grids ?? []).map((one) => (
              <option key={one.id} value={one.id}>
                {one.name || one.id}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label={t("cases.place")} hint={t("cases.place-hint")}>
        {(control) => (
          <input
            {...control}
            maxLength={200}
            value={where.value}
            onInput={(event) => {
              where.value = event.currentTarget.value;
            }}
          />
        )}
      </Field>
      <Field label={t("cases.severity")}>
        {(control) => (
          <select
            {...control}
            value={severity.value}
            onChange={(event) => {
              severity.value = event.currentTarget.value as Severity;
            }}
          >
            {SEVERITIES.map((one) => (
              <option key={one} value={one}>
                {words(`ui.severity.${one}`)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label={t("cases.category")}>
        {(control) => (
          <select
            {...control}
            value={category.value}
            onChange={(event) => {
              category.value = event.currentTarget.value;
            }}
          >
            <option value="" />
            {(plan.value?.categories.entries ?? []).map((one) => (
              <option key={one.code} value={one.code}>
                {one.name[language.value]}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label={t("cases.note")}>
        {(control) => (
          <textarea
            {...control}
            maxLength={2000}
            value={note.value}
            onInput={(event) => {
              note.value = event.currentTarget.value;
            }}
          />
        )}
      </Field>
      <PhotoField photos={photos} />
    </Dialog>
  );
}
