// Short notices at the lower edge: what was done, what did not work. Read out by screen readers, never in the way.
import { signal } from "@preact/signals";
import { asProblem } from "../api/problem";
import { t } from "../i18n";
import { IconButton } from "./Button";
import { Icon } from "./Icon";
import { problemDetail, problemTitle } from "./states";

interface Notice {
  id: number;
  kind: "done" | "failed";
  text: string;
  detail: string;
  undo: { label: string; run: () => void } | null;
}

const MOST = 4;
const notices = signal<readonly Notice[]>([]);
let counted = 0;

function add(notice: Omit<Notice, "id">, forMs: number): void {
  counted += 1;
  const id = counted;
  notices.value = [...notices.value, { ...notice, id }].slice(-MOST);
  setTimeout(() => drop(id), forMs);
}

function drop(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}

/** Say that something was done; `undo` offers the way back. */
export function told(text: string, undo: Notice["undo"] = null): void {
  add({ kind: "done", text, detail: "", undo }, undo ? 9000 : 4000);
}

/** Say that something did not work, in the words of whoever refused it. */
export function refused(error: unknown): void {
  const problem = asProblem(error);
  add({ kind: "failed", text: problemTitle(problem), detail: problemDetail(problem), undo: null }, 12_000);
}

export function Toasts() {
  return (
    <div class="toasts" role="log" aria-live="polite" aria-label={t("ui.notifications")}>
      {notices.value.map((notice) => (
        <div key={notice.id} class={`toast ${notice.kind}`}>
          <Icon name={notice.kind === "done" ? "check" : "warning"} />
          <div>
            <p>{notice.text}</p>
            {notice.detail && <p class="dim">{notice.detail}</p>}
          </div>
          {notice.undo && (
            <button
              type="button"
              class="button quiet"
              onClick={() => {
                notice.undo?.run();
                drop(notice.id);
              }}
            >
              {notice.undo.label}
            </button>
          )}
          <IconButton icon="close" size={14} label={t("ui.dismiss")} onClick={() => drop(notice.id)} />
        </div>
      ))}
    </div>
  );
}
