// Filing a case from an incident and sending it on: where the plan would send it, why and by when, and one's own choice.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ruleTitle } from "../api/city";
import { get, post } from "../api/http";
import { type ApiProblem, asProblem } from "../api/problem";
import { may } from "../api/session";
import type { Alert, Case } from "../api/types";
import { language, t, words } from "../i18n";
import { said } from "../i18n/said";
import { departmentName, needPlan, plan, squadName } from "../api/plan";
import { go } from "../router";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Field } from "../ui/Field";
import { problemText } from "../ui/states";
import { fullTime, span } from "../ui/time";
import { Subject } from "../ui/Subject";
import { told } from "../ui/toast";
import type { CaseLink } from "./store";

interface Proposal {
  department: string | null;
  squad: string | null;
  level: string;
  matter: { category: string | null };
  reason: { text: string };
  deadline: { clock: string; limit_s: number; due_at: string; unknown_years: number[] };
}

/** Go from what the incident's case is at to dispatched: only the steps that are still to be made. */
async function carryOut(
  alert: Alert,
  link: CaseLink | null,
  to: { department: string; squad: string },
  dispatching: boolean,
  note: string,
): Promise<Case> {
  const said = note ? { note } : {};
  let found = link ? await get<Case>(`cases/${link.id}`) : await post<Case>("cases", { alerts: [alert.id], ...said });
  if (found.stage === "collected") found = await post<Case>(`cases/${found.id}/file`, said);
  if (dispatching && found.stage === "filed") {
    const target = {
      ...(to.department ? { department: to.department } : {}),
      ...(to.squad ? { squad: to.squad } : {}),
    };
    found = await post<Case>(`cases/${found.id}/dispatch`, { ...target, ...said });
  }
  return found;
}

export function Dispatch({ alert, link, onClose }: { alert: Alert; link: CaseLink | null; onClose: () => void }) {
  const proposal = useSignal<Proposal | null>(null);
  const problem = useSignal<ApiProblem | null>(null);
  const department = useSignal("");
  const squad = useSignal("");
  const note = useSignal("");
  const busy = useSignal<"file" | "dispatch" | null>(null);
  const canDispatch = may("cases:dispatch");
  useEffect(() => {
    post<Proposal>("dispatch/route", { alert_id: alert.id }).then(
      (found) => {
        proposal.value = found;
        department.value = found.department ?? "";
        squad.value = found.squad ?? "";
      },
      (error) => {
        problem.value = asProblem(error);
      },
    );
    void needPlan(); // ids do for names where the plan cannot be read
  }, [alert.id]);
  const run = async (dispatching: boolean) => {
    if (busy.value) return;
    busy.value = dispatching ? "dispatch" : "file";
    problem.value = null;
    try {
      const to = { department: department.value, squad: squad.value };
      const found = await carryOut(alert, link, to, dispatching, note.value.trim());
      told(t(dispatching ? "board.dispatched" : "board.filed", { number: found.number }), {
        label: t("board.open-case"),
        run: () => go(`/cases/${found.id}`),
      });
      onClose();
    } catch (error) {
      problem.value = asProblem(error);
    } finally {
      busy.value = null;
    }
  };
  const found = proposal.value;
  const squads = (plan.value?.squads ?? []).filter((one) => one.department === department.value);
  const departments = plan.value?.departments ?? [];
  return (
    <Dialog
      title={link ? t("board.case-of", { number: link.number }) : t("board.to-case")}
      onClose={onClose}
      onSubmit={() => run(canDispatch)}
      actions={
        <>
          <Button kind="quiet" onClick={onClose}>
            {t("ui.cancel")}
          </Button>
          {!link && (
            <Button
              kind={canDispatch ? "plain" : "primary"}
              type={canDispatch ? "button" : "submit"}
              busy={busy.value === "file"}
              disabled={busy.value !== null}
              {...(canDispatch ? { onClick: () => run(false) } : {})}
            >
              {t("board.file-only")}
            </Button>
          )}
          {canDispatch && (
            <Button kind="primary" type="submit" busy={busy.value === "dispatch"} disabled={busy.value !== null}>
              {t(link ? "board.dispatch" : "board.file-and-dispatch")}
            </Button>
          )}
          {link && !canDispatch && (
            <Button kind="primary" onClick={() => go(`/cases/${link.id}`)}>
              {t("board.open-case")}
            </Button>
          )}
        </>
      }
    >
      <p class="dialog-about">
        <strong>{ruleTitle(alert.rule)}</strong>{" "}
        <span class="dim">
          <Subject id={alert.subject} />
        </span>
        {link && <span class="tag accent">{words(`cases.stage.${link.stage}`, link.stage)}</span>}
      </p>
      {problem.value && (
        <p class="notice failed" role="alert">
          {problemText(problem.value)}
        </p>
      )}
      {found && (
        <div class="proposal">
          <p>
            <span class="dim">{t("board.by-plan")}</span>{" "}
            {language.value === "en" ? found.reason.text : departmentName(found.department) || said(found.reason.text)}
            {language.value === "zh" && found.squad ? ` · ${squadName(found.squad)}` : ""}
          </p>
          <p>
            <span class="dim">{t("board.due")}</span> <strong>{fullTime(found.deadline.due_at)}</strong>{" "}
            <span class="dim">
              ({words(`board.clock.${found.deadline.clock}`)} {span(found.deadline.limit_s * 1000)})
            </span>
          </p>
          {found.deadline.unknown_years.length > 0 && (
            <p class="field-error">{t("board.no-calendar", { years: found.deadline.unknown_years.join("、") })}</p>
          )}
        </div>
      )}
      {canDispatch && (
        <div class="two-fields">
          <Field label={t("board.department")}>
            {(control) => (
              <select
                {...control}
                value={department.value}
                onChange={(event) => {
                  department.value = event.currentTarget.value;
                  squad.value = "";
                }}
              >
                {!department.value && <option value="">—</option>}
                {departments.length === 0 && department.value && (
                  <option value={department.value}>{department.value}</option>
                )}
                {departments.map((one) => (
                  <option key={one.id} value={one.id}>
                    {one.name[language.value]}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <Field label={t("board.squad")}>
            {(control) => (
              <select
                {...control}
                value={squad.value}
                onChange={(event) => {
                  squad.value = event.currentTarget.value;
                }}
              >
                <option value="">{t("board.no-squad")}</option>
                {squads.map((one) => (
                  <option key={one.id} value={one.id}>
                    {one.name[language.value]}
                  </option>
                ))}
              </select>
            )}
          </Field>
        </div>
      )}
      <Field label={t("board.note")}>
        {(control) => (
          <textarea
            {...control}
            maxLength={1000}
            value={note.value}
            onInput={(event) => {
              note.value = event.currentTarget.value;
            }}
          />
        )}
      </Field>
    </Dialog>
  );
}
