// The whole console: nobody is signed in, or the layout with navigation, header, what is stale, and the page.
import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { city, loadCity } from "../api/city";
import { failed, may, resume, session } from "../api/session";
import { language, locale, t } from "../i18n";
import { match, type Parameters, place } from "../router";
import { type Route, routes } from "../routes";
import { NewPassword } from "../session/NewPassword";
import { SignIn } from "../session/SignIn";
import { Empty } from "../ui/states";
import { Toasts } from "../ui/toast";
import { watchFreshness } from "./freshness";
import { Header } from "./Header";
import { Nav } from "./Nav";
import { Page } from "./Page";
import { Strip } from "./Strip";
import { asides } from "./tools";

const RETRY_MS = 3000;

function find(path: string): { route: Route; parameters: Parameters } | null {
  for (const route of routes) {
    const parameters = match(route.path, path);
    if (parameters && may(route.scope)) return { route, parameters };
  }
  return null;
}

export function App() {
  useSignalEffect(() => {
    document.documentElement.lang = locale();
  });
  useSignalEffect(() => {
    if (!failed.value) return;
    const timer = setTimeout(() => void resume(), RETRY_MS);
    return () => clearTimeout(timer);
  });
  if (failed.value && session.value === undefined)
    return (
      <Empty icon="plug" title={t("shell.hub-unreachable")}>
        <p>{t("shell.hub-unreachable-hint")}</p>
      </Empty>
    );
  if (session.value === undefined) return null;
  return (
    <>
      {session.value === null ? (
        <SignIn />
      ) : session.value.must_change_password ? (
        <NewPassword />
      ) : (
        <Console key={session.value.id} />
      )}
      <Toasts />
    </>
  );
}

/** Load a module and let it watch; call what is returned to end it, loaded or not. */
function later(module: () => Promise<{ watch: () => () => void }>): () => void {
  let end = () => {};
  let over = false;
  module().then(
    (found) => {
      if (!over) end = found.watch();
    },
    (error: unknown) => console.error(error),
  );
  return () => {
    over = true;
    end();
  };
}

function Console() {
  const menu = useSignal(false);
  useEffect(() => watchFreshness(), []);
  // Heard and shown on every page, and loaded only for those whom it concerns.
  useEffect(() => (may("alerts:write") ? later(() => import("../board/Watch")) : undefined), []);
  useEffect(() => (may("alerts:read") && may("city:read") ? later(() => import("../tour/Watch")) : undefined), []);
  useEffect(() => (may("tune:read") ? later(() => import("../shadows/Watch")) : undefined), []);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = () =>
      loadCity().catch(() => {
        timer = setTimeout(ask, RETRY_MS);
      });
    void ask();
    return () => clearTimeout(timer);
  }, []);
  const found = find(place.value.path);
  const title = found ? t(found.route.title) : t("shell.not-found");
  useEffect(() => {
    document.title = `${title} · ${city.value?.name ?? t("shell.product")}`;
  }, [title, city.value, language.value]);
  return (
    <div class="console">
      <a class="skip" href="#page">
        {t("shell.skip")}
      </a>
      <Nav
        current={found?.route ?? null}
        open={menu.value}
        onClose={() => {
          menu.value = false;
        }}
      />
      <div class="console-right">
        <Header
          onMenu={() => {
            menu.value = true;
          }}
        />
        <main id="page" class="page" tabIndex={-1}>
          <Page route={found?.route ?? null} parameters={found?.parameters ?? {}} />
        </main>
        <Strip />
      </div>
      {asides.value.map((Aside, index) => (
        <Aside key={index} />
      ))}
    </div>
  );
}
