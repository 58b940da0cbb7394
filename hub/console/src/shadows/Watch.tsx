// A word in the header on every page while a canary runs, and for a day after one was rolled back.
import { signal } from "@preact/signals";
import { get } from "../api/http";
import { asProblem } from "../api/problem";
import { t } from "../i18n";
import { said } from "../i18n/said";
import { addTool } from "../layout/tools";
import { href } from "../router";
import { Icon } from "../ui/Icon";
import type { Shadow } from "./documents";
import "./shadows.css";

const AGAIN_MS = 60_000;
const told = signal<readonly Shadow[]>([]);

function Banner() {
  const shadow = told.value.find((one) => one.state === "rolled_back") ?? told.value.find((one) => one.canary);
  if (!shadow) return null;
  const back = shadow.state === "rolled_back";
  return (
    <a
      class={`shadow-banner ${back ? "bad" : ""}`}
      href={href(`/tuning/shadows?id=${shadow.id}`)}
      title={shadow.why ? said(shadow.why) : shadow.note}
    >
      <Icon name={back ? "warning" : "layers"} size={15} />
      <span>{t(back ? "tuning.shadow.was-rolled-back" : "tuning.shadow.canary-runs")}</span>
    </a>
  );
}

/** Look at the shadows now and then; call what is returned to end it. */
export function watch(): () => void {
  const look = () => {
    if (document.hidden) return;
    get<{ items: Shadow[] }>("tuning/shadows", { query: { open: true } }).then(
      (found) => {
        told.value = found.items;
      },
      (error: unknown) => console.warn("shadows cannot be read", asProblem(error).detail),
    );
  };
  look();
  const timer = setInterval(look, AGAIN_MS);
  const leave = addTool(Banner);
  return () => {
    clearInterval(timer);
    leave();
    told.value = [];
  };
}
