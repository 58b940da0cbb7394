// One order on a case as a dialog: asks for what the order needs, sends it once, and shows what was refused.
import { signal, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { get, post } from "../api/http";
import { categoryOptions, departmentOptions, squadOptions } from "../api/options";
import { departmentName, needPlan, squadName } from "../api/plan";
import { type ApiProblem, asProblem } from "../api/problem";
import type { Page } from "../api/types";
import { t, words } from "../i18n";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Choice, Line, Lines } from "../ui/inputs";
import { fromLocal, toLocal } from "../ui/localTime";
import { problemText } from "../ui/states";
import { nowMs } from "../ui/ticking";
import { told } from "../ui/toast";
import type { Action, CaseDetail, CaseDocument } from "./case";
import { type Photo, PhotoField } from "./photos";

interface Props {
  found: CaseDocument;
  action: Action;
  onClose: () => void;
  /** Called with the case as it is after the order, or where it had changed meanwhile. */
  onChange: (found: CaseDocument | null) => void;
}

interface Route {
  department: string;
  squad: string | null;
  level: string;
  reason: { text: string };
}

const DAY_MS = 86_400_000;

export function ActionDialog({ found, action, onClose, onChange }: Props) {
  const note = useSignal("");
  const category = useSignal(found.category ?? "");
  const department = useSignal(action.name === "reroute" ? (found.department ?? "") : "");
  const squad = useSignal("");
  const until = useSignal(toLocal(Math.ceil((nowMs.peek() + DAY_MS) / 3_600_000) * 3_600_000));
  const score = useSignal(5);
  const into = useSignal("");
  const alerts = useSignal<ReadonlySet<string>>(new Set());
  const anyway = useSignal(false);
  const photos = useMemo(() => signal<readonly Photo[]>([]), []);
  const busy = useSignal(false);
  const tried = useSignal(false);
  const problem = useSignal<ApiProblem | null>(null);
  const proposed = useSignal<Route | null>(null);
  useEffect(() => {
    void needPlan();
    if (action.name !== "dispatch") return;
    if (!found.rule && !found.category) return;
    const about = { rule: found.rule, category: found.category, grid: found.grid, severity: found.severity };
    post<Route>("dispatch/route", about).then(
      (route) => {
        proposed.value = route;
        if (!department.value) {
          department.value = route.department;
          squad.value = route.squad ?? "";
        }
      },
      () => {}, // without a proposal one chooses
    );
  }, []);
  const asks = (what: Action["asks"][number]) => action.asks.includes(what);
  const end = fromLocal(until.value);
  const stillActive =
    action.name === "close" && "alert_states" in found
      ? (found as CaseDetail).alert_states.filter((alert) => alert.condition === "active").length
      : 0;
  const noteNeeded = action.note === "needed" || stillActive > 0;
  const errors = {
    note: noteNeeded && !note.value.trim() ? t("cases.note-needed") : null,
    until: asks("until") && (end === null || end <= nowMs.value) ? t("cases.until-needed") : null,
    alerts:
      asks("alerts") && (alerts.value.size === 0 || alerts.value.size >= found.alerts.length)
        ? t("cases.split-needed")
        : null,
  };
  const submit = async () => {
    tried.value = true;
    if (errors.note || errors.until || errors.alerts || busy.value || (stillActive > 0 && !anyway.value)) return;
    busy.value = true;
    problem.value = null;
    try {
      const body: Record<string, unknown> = { note: note.value.trim() };
      if (asks("photos")) body["photos"] = photos.value.map((photo) => photo.sha256);
      if (asks("category") && category.value) body["category"] = category.value;
      if (asks("department") && department.value) {
        body["department"] = department.value;
        if (squad.value && action.name !== "call-in") body["squad"] = squad.value;
      }
      if (asks("until") && end !== null) body["until"] = new Date(end).toISOString();
      if (asks("score")) body["score"] = score.value;
      if (asks("case")) body["into"] = await caseOf(into.value.trim());
      if (asks("alerts")) body["alerts"] = [...alerts.value];
      if (anyway.value) body["even_though_active"] = true;
      const after = await post<CaseDocument>(`cases/${found.id}/${action.name}`, body, { revision: found.revision });
      told(
        t("cases.done", {
          number: after.number,
          stage: words(`cases.event.${after.last.event.slice(5)}`),
        }),
      );
      onChange(after);
      onClose();
    } catch (error) {
      problem.value = error instanceof MissingCase ? null : asProblem(error);
      if (error instanceof MissingCase) missing.value = error.number;
      if (problem.value?.kind === "changed-meanwhile") onChange(null);
    } finally {
      busy.value = false;
    }
  };
  const missing = useSignal<string | null>(null);
  const squads = squadOptions(department.value);
  return (
    <Dialog
      title={`${words(`cases.do.${action.name}`)} · ${found.number}`}
      onClose={onClose}
      onSubmit={() => void submit()}
      actions={
        <>
          <Button onClick={onClose}>{t("ui.cancel")}</Button>
          <Button type="submit" kind={action.kind === "danger" ? "danger" : "primary"} busy={busy.value}>
            {words(`cases.do.${action.name}`)}
          </Button>
        </>
      }
    >
      <p>{found.title}</p>
      {problem.value && (
        <p class="notice failed" role="alert">
          {problem.value.kind === "changed-meanwhile" ? t("cases.stale") : problemText(problem.value)}
        </p>
      )}
      {asks("category") && (
        <Choice
          label={t("cases.category")}
          value={category}
          options={categoryOptions()}
          none={t("cases.category-none")}
        />
      )}
      {asks("department") && (
        <Choice
          label={t("cases.department")}
          value={department}
          options={departmentOptions()}
          none={action.name === "dispatch" ? t("cases.by-plan") : "—"}
          required={action.name !== "dispatch"}
          onChoose={() => {
            squad.value = "";
          }}
          hint={
            proposed.value
              ? t("cases.proposed", {
                  department: [departmentName(proposed.value.department), squadName(proposed.value.squad)]
                    .filter(Boolean)
                    .join(" "),
                  reason: proposed.value.reason.text,
                })
              : undefined
          }
        />
      )}
      {asks("department") && action.name !== "call-in" && squads.length > 0 && (
        <Choice label={t("cases.squad")} value={squad} options={squads} none={t("cases.by-plan")} />
      )}
      {asks("until") && (
        <Line label={t("cases.until")} type="datetime-local" value={until} error={tried.value ? errors.until : null} />
      )}
      {asks("score") && (
        <fieldset class="choices">
          <legend>{t("cases.score")}</legend>
          {[1, 2, 3, 4, 5].map((n) => (
            <button
              key={n}
              type="button"
              class="button"
              aria-pressed={score.value === n}
              aria-label={t("cases.score-of", { n })}
              onClick={() => {
                score.value = n;
              }}
            >
              {n}
            </button>
          ))}
        </fieldset>
      )}
      {asks("case") && (
        <Line
          label={t("cases.merge-into")}
          value={into}
          class="mono"
          required
          placeholder={found.number}
          error={
            missing.value !== null && missing.value === into.value.trim()
              ? t("cases.merge-missing", { number: missing.value })
              : null
          }
        />
      )}
      {asks("alerts") && (
        <fieldset class="field">
          <legend class="label">{t("cases.split-which")}</legend>
          {found.alerts.map((id) => (
            <label key={id} class="check">
              <input
                type="checkbox"
                checked={alerts.value.has(id)}
                onChange={(event) => {
                  const next = new Set(alerts.value);
                  if (event.currentTarget.checked) next.add(id);
                  else next.delete(id);
                  alerts.value = next;
                }}
              />
              <span class="mono">{id.slice(0, 8)}</span>
            </label>
          ))}
          {tried.value && errors.alerts && <p class="field-error">{errors.alerts}</p>}
        </fieldset>
      )}
      <Lines label={t("cases.note")} value={note} maxLength={2000} error={tried.value ? errors.note : null} />
      {asks("photos") && <PhotoField photos={photos} />}
      {stillActive > 0 && (
        <label class="check">
          <input
            type="checkbox"
            checked={anyway.value}
            onChange={(event) => {
              anyway.value = event.currentTarget.checked;
            }}
          />
          <span>{t("cases.even-though-active", { n: stillActive })}</span>
        </label>
      )}
    </Dialog>
  );
}

class MissingCase extends Error {
  constructor(readonly number: string) {
    super(number);
  }
}

async function caseOf(number: string): Promise<string> {
  const found = await get<Page<CaseDocument>>("cases", {
    query: { q: number, limit: 5 },
  });
  const exact = found.items.find((one) => one.number === number);
  if (!exact) throw new MissingCase(number);
  return exact.id;
}
