// The console's pages: address, title, the scope it takes to see them, and the module that is loaded when first seen.
//
// A page is a module `<folder>/page.tsx` or `<folder>/detail.tsx` whose default export takes the address's parameters. One that is not there
// is neither shown in the navigation nor served.
import type { ComponentType } from "preact";
import type { Key } from "./i18n";
import { match, type Parameters } from "./router";
import type { IconName } from "./ui/Icon";

export interface PageProps {
  parameters: Parameters;
}

export type PageModule = { default: ComponentType<PageProps> };

export interface Route {
  path: string;
  title: Key;
  scope: string | null;
  /** With an icon it stands in the navigation. */
  icon?: IconName;
  /** The page under whose entry in the navigation this one lies. */
  under?: string;
  module: string;
}

const modules = import.meta.glob<PageModule>("./*/{page,detail}.tsx");

const ALL: readonly Route[] = [
  { path: "/board", title: "shell.board", scope: "alerts:read", icon: "board", module: "board/page" },
  { path: "/alerts/:id", title: "shell.alert", scope: "alerts:read", under: "/board", module: "alert/page" },
  { path: "/map", title: "shell.map", scope: "city:read", icon: "map", module: "map/page" },
  { path: "/cameras", title: "shell.cameras", scope: "evidence:read", icon: "camera", module: "cameras/page" },
  { path: "/cameras/:id", title: "shell.cameras", scope: "evidence:read", under: "/cameras", module: "cameras/detail" },
  { path: "/cases", title: "shell.cases", scope: "cases:read", icon: "case", module: "cases/page" },
  { path: "/cases/:id", title: "shell.cases", scope: "cases:read", under: "/cases", module: "cases/detail" },
  { path: "/reports", title: "shell.reports", scope: "reports:read", icon: "flag", module: "reports/page" },
  { path: "/inbox", title: "shell.inbox", scope: "cases:handle", icon: "inbox", module: "inbox/page" },
  { path: "/search", title: "shell.search", scope: "alerts:read", icon: "search", module: "search/page" },
  { path: "/streetlights", title: "shell.streetlights", scope: "city:read", icon: "lamp", module: "streetlights/page" },
  {
    path: "/supervision",
    title: "shell.supervision",
    scope: "statistics:read",
    icon: "chart",
    module: "supervision/page",
  },
  { path: "/health", title: "shell.health", scope: "statistics:read", icon: "pulse", module: "health/page" },
  { path: "/rules", title: "shell.rules", scope: "city:read", under: "/health", module: "rules/page" },
  { path: "/rules/:rule", title: "shell.rules", scope: "city:read", under: "/health", module: "rules/page" },
  { path: "/tuning", title: "tuning.title", scope: "tune:read", icon: "sliders", module: "tuning/page" },
  { path: "/tuning/work", title: "tuning.work", scope: "tune:write", under: "/tuning", module: "workbench/page" },
  { path: "/tuning/trace", title: "tuning.trace", scope: "tune:write", under: "/tuning", module: "trace/page" },
  { path: "/tuning/labels", title: "tuning.labels", scope: "tune:read", under: "/tuning", module: "labels/page" },
  {
    path: "/tuning/baselines",
    title: "baselines.title",
    scope: "tune:read",
    under: "/tuning",
    module: "baselines/page",
  },
  {
    path: "/tuning/baselines/:id",
    title: "baselines.title",
    scope: "tune:read",
    under: "/tuning",
    module: "baselines/detail",
  },
  { path: "/tuning/shadows", title: "tuning.shadows", scope: "tune:read", under: "/tuning", module: "shadows/page" },
  { path: "/tuning/weights", title: "weights.title", scope: "tune:read", under: "/tuning", module: "weights/page" },
  {
    path: "/configurations",
    title: "configurations.title",
    scope: "tune:read",
    under: "/tuning",
    module: "configurations/page",
  },
  {
    path: "/configurations/:id",
    title: "configurations.title",
    scope: "tune:read",
    under: "/tuning",
    module: "configurations/detail",
  },
  { path: "/deliveries", title: "shell.deliveries", scope: "deliveries:read", icon: "send", module: "deliveries/page" },
  { path: "/people", title: "shell.people", scope: "people:read", icon: "people", module: "people/page" },
];

export const routes: readonly Route[] = ALL.filter((route) => `./${route.module}.tsx` in modules);

export function load(route: Route): Promise<PageModule> {
  const found = modules[`./${route.module}.tsx`];
  return found ? found() : Promise.reject(new Error(`no module ${route.module}`));
}

/** Begin to load the page at `path` before anybody knows whether it may be seen. */
export function preload(path: string): void {
  const route = routes.find((one) => match(one.path, path));
  if (route) load(route).catch(() => {}); // whoever shows the page loads it again, and tells of the failure
}
