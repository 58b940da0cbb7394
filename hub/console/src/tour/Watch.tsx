// The tour on every page of the console, where this hub has one.
import { addAside, addTool } from "../layout/tools";
import { follow } from "./live";
import { TourPanel, TourTool } from "./Panel";

/** Begin to follow it; call what is returned to end it. */
export function watch(): () => void {
  const ends = [follow(), addTool(TourTool), addAside(TourPanel)];
  return () => {
    for (const end of ends) end();
  };
}
