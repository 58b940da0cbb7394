// The way between the pages of tuning; each heading stands beside it.
import type { ComponentChildren } from "preact";
import { may } from "../api/session";
import { type Key, t } from "../i18n";
import { href, place } from "../router";
import "./tuning.css";

/** The scopes of whoever may read what tuning shows, and of whoever may change it and have it worked on. */
const READ = "tune:read";
const TUNE = "tune:write";

const TABS: readonly { path: string; words: Key; scope: string }[] = [
  { path: "/tuning", words: "tuning.tab.start", scope: READ },
  { path: "/tuning/work", words: "tuning.tab.work", scope: TUNE },
  { path: "/tuning/trace", words: "tuning.trace", scope: TUNE },
  { path: "/tuning/labels", words: "tuning.tab.labels", scope: READ },
  { path: "/tuning/baselines", words: "tuning.tab.baselines", scope: READ },
  { path: "/tuning/shadows", words: "tuning.tab.shadows", scope: READ },
  { path: "/tuning/weights", words: "weights.tab", scope: READ },
  { path: "/configurations", words: "tuning.tab.configurations", scope: READ },
];

export function mayTune(): boolean {
  return may(TUNE);
}

export function TuningHead({ title, about, children }: { title: string; about: string; children?: ComponentChildren }) {
  const here = place.value.path;
  return (
    <>
      <nav class="tuning-tabs" aria-label={t("tuning.title")}>
        {TABS.filter((tab) => may(tab.scope)).map((tab) => {
          const current = tab.path === "/tuning" ? here === tab.path : here.startsWith(tab.path);
          return (
            <a key={tab.path} href={href(tab.path)} aria-current={current ? "page" : undefined}>
              {t(tab.words)}
            </a>
          );
        })}
      </nav>
      <header class="page-head">
        <div>
          <h1>{title}</h1>
          <p class="dim">{about}</p>
        </div>
        {children && <div class="page-tools">{children}</div>}
      </header>
    </>
  );
}
