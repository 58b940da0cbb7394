// A short dialog that asks before something is done: words, perhaps a reason, and what it leads to when refused.
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { asProblem, type ApiProblem } from "../api/problem";
import { t } from "../i18n";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { problemText, problemTitle } from "./states";

interface AskProps {
  title: string;
  /** What the button says that does it. */
  does: string;
  danger?: boolean;
  children?: ComponentChildren;
  /**
   * Return false where something is still missing; the dialog then stays. `isOpen` tells later whether it was closed
   * meanwhile: then nobody is sent to another page any more.
   */
  run: (isOpen: () => boolean) => Promise<boolean | void>;
  onClose: () => void;
}

export function Ask({ title, does, danger = false, children, run, onClose }: AskProps) {
  const busy = useSignal(false);
  const problem = useSignal<ApiProblem | null>(null);
  const open = useRef(true);
  useEffect(
    () => () => {
      open.current = false;
    },
    [],
  );
  const submit = async () => {
    if (busy.value) return;
    busy.value = true;
    problem.value = null;
    try {
      const isDone = await run(() => open.current);
      if (isDone !== false && open.current) onClose();
    } catch (error) {
      problem.value = asProblem(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      onSubmit={() => void submit()}
      actions={
        <>
          <Button onClick={onClose}>{t("ui.cancel")}</Button>
          <Button type="submit" kind={danger ? "danger" : "primary"} busy={busy.value}>
            {does}
          </Button>
        </>
      }
    >
      {problem.value && (
        <div class="notice failed" role="alert">
          {problem.value.errors.length > 1 ? (
            <div>
              <p>{problemTitle(problem.value)}</p>
              <ul>
                {problem.value.parts.map((one, index) => (
                  <li key={index}>{one}</li>
                ))}
              </ul>
            </div>
          ) : (
            <p>{problemText(problem.value)}</p>
          )}
        </div>
      )}
      {children}
    </Dialog>
  );
}
