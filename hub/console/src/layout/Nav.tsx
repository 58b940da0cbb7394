// The navigation: pages that this role may see, narrow or with words; on a phone it slides in over the page.
import { signal } from "@preact/signals";
import { may } from "../api/session";
import { t } from "../i18n";
import { href, place } from "../router";
import { type Route, routes } from "../routes";
import { Icon } from "../ui/Icon";

const STORED = "lianqin.nav";
const narrow = signal(localStorage.getItem(STORED) === "narrow");

/** Small figures beside an entry, by its path: how many wait there. */
export const counts = signal<Readonly<Record<string, number>>>({});

export function Nav({ current, open, onClose }: { current: Route | null; open: boolean; onClose: () => void }) {
  const here = current?.under ?? current?.path ?? place.value.path;
  const turn = () => {
    narrow.value = !narrow.value;
    localStorage.setItem(STORED, narrow.value ? "narrow" : "wide");
  };
  return (
    <>
      {open && <button type="button" class="nav-veil" aria-label={t("ui.close")} onClick={onClose} />}
      <nav class={`nav${narrow.value ? " narrow" : ""}${open ? " open" : ""}`} aria-label={t("shell.nav")}>
        <a class="brand" href={href("/board")} title="联勤 Lianqin">
          <svg width="26" height="26" viewBox="0 0 32 32" aria-hidden="true">
            <path
              d="M16 3.5 27 9.800v12.400L16 28.500 5 22.200V9.800Z"
              fill="none"
              stroke="currentColor"
              stroke-width="2.200"
            />
            <circle cx="16" cy="16" r="4" fill="currentColor" />
          </svg>
          <span>
            联勤<small>LIANQIN</small>
          </span>
        </a>
        <ul>
          {routes
            .filter((route) => route.icon && may(route.scope))
            .map((route) => (
              <li key={route.path}>
                <a
                  href={href(route.path)}
                  aria-current={here === route.path ? "page" : undefined}
                  title={narrow.value ? t(route.title) : undefined}
                  onClick={onClose}
                >
                  {route.icon && <Icon name={route.icon} size={20} />}
                  <span>{t(route.title)}</span>
                  {!!counts.value[route.path] && <b>{counts.value[route.path]}</b>}
                </a>
              </li>
            ))}
        </ul>
        <button type="button" class="nav-turn" onClick={turn} aria-expanded={!narrow.value}>
          <Icon name={narrow.value ? "right" : "left"} size={16} />
          <span>{t(narrow.value ? "shell.expand" : "shell.collapse")}</span>
        </button>
      </nav>
    </>
  );
}
