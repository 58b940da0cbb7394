// What a page shows instead of its content: it is loading, there is nothing, or it went wrong.
import type { ComponentChildren } from "preact";
import type { ApiProblem } from "../api/problem";
import { type Key, t } from "../i18n";
import { Button } from "./Button";
import { Icon, type IconName } from "./Icon";

/** Grey bars where rows will be; they appear only when it takes long enough to be noticed. */
export function Loading({ rows = 6 }: { rows?: number }) {
  return (
    <div class="loading" role="status" aria-label={t("ui.loading")}>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} class="loading-bar" />
      ))}
    </div>
  );
}

export function Empty({
  icon = "check",
  title,
  children,
}: {
  icon?: IconName;
  title: string;
  children?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <Icon name={icon} size={32} />
      <p class="empty-title">{title}</p>
      {children && <div class="empty-about">{children}</div>}
    </div>
  );
}

export function Failed({ problem, again }: { problem: ApiProblem; again?: () => void }) {
  return (
    <div class="empty failed" role="alert">
      <Icon name={problem.unreachable ? "plug" : "warning"} size={32} />
      <p class="empty-title">{problemTitle(problem)}</p>
      <div class="empty-about">
        {problemDetail(problem) && <p>{problemDetail(problem)}</p>}
        {again && (
          <Button icon="undo" onClick={again}>
            {t("ui.retry")}
          </Button>
        )}
      </div>
    </div>
  );
}

const TITLES: Record<string, Key> = {
  unreachable: "ui.unreachable",
  between: "ui.between",
  forbidden: "ui.forbidden",
  gone: "ui.gone",
};

/** Return the problem's heading in the console's language where the console has one. */
export function problemTitle(problem: ApiProblem): string {
  const key = TITLES[problem.kind];
  return key ? t(key) : problem.title || t("ui.failed");
}

/** Return what is wrong, or what would help, in words. */
export function problemDetail(problem: ApiProblem): string {
  return problem.detail || (problem.unreachable ? t("ui.unreachable-hint") : "");
}

/** Return both in one line. */
export function problemText(problem: ApiProblem): string {
  const detail = problemDetail(problem);
  return detail ? t("ui.problem", { title: problemTitle(problem), detail }) : problemTitle(problem);
}
