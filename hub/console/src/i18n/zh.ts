// Every catalogue in Chinese; its keys are the console's, and the other language must have the same.

import alert from "./zh/alert";
import baselines from "./zh/baselines";
import board from "./zh/board";
import cameras from "./zh/cameras";
import cases from "./zh/cases";
import configurations from "./zh/configurations";
import deliveries from "./zh/deliveries";
import health from "./zh/health";
import inbox from "./zh/inbox";
import map from "./zh/map";
import people from "./zh/people";
import reports from "./zh/reports";
import rules from "./zh/rules";
import search from "./zh/search";
import session from "./zh/session";
import shell from "./zh/shell";
import streetlights from "./zh/streetlights";
import supervision from "./zh/supervision";
import tour from "./zh/tour";
import trace from "./zh/trace";
import tuning from "./zh/tuning";
import ui from "./zh/ui";
import weights from "./zh/weights";
import workbench from "./zh/workbench";

const zh = {
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
} as const;

export type Key = keyof typeof zh;
export default zh;
