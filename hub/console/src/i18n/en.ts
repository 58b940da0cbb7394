// Every catalogue in English, held to the keys of the Chinese ones by the compiler.

import alert from "./en/alert";
import baselines from "./en/baselines";
import board from "./en/board";
import cameras from "./en/cameras";
import cases from "./en/cases";
import configurations from "./en/configurations";
import deliveries from "./en/deliveries";
import health from "./en/health";
import inbox from "./en/inbox";
import map from "./en/map";
import people from "./en/people";
import reports from "./en/reports";
import rules from "./en/rules";
import search from "./en/search";
import session from "./en/session";
import shell from "./en/shell";
import streetlights from "./en/streetlights";
import supervision from "./en/supervision";
import tour from "./en/tour";
import trace from "./en/trace";
import tuning from "./en/tuning";
import ui from "./en/ui";
import weights from "./en/weights";
import workbench from "./en/workbench";
import type { Key } from "./zh";

const en: Readonly<Record<Key, string>> = {
  ...shell,
  ...ui,
  ...session,
  ...board,
  ...alert,
  ...map,
  ...cameras,
  ...streetlights,
  ...cases,
  ...inbox,
  ...search,
  ...reports,
  ...rules,
  ...health,
  ...supervision,
  ...people,
  ...deliveries,
  ...tour,
  ...tuning,
  ...trace,
  ...workbench,
  ...configurations,
  ...baselines,
  ...weights,
};

export default en;
