// The console begins: the present address, the session, then the page.
import { render } from "preact";
import { resume } from "./api/session";
import { App } from "./layout/App";
import { listen, place } from "./router";
import { preload } from "./routes";
import { tick } from "./ui/ticking";
import "./theme.css";
import "./ui/ui.css";
import "./layout/layout.css";

listen();
tick();
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) tick(); // timers sleep in a tab that nobody looks at
});
const root = document.getElementById("app");
if (root) render(<App />, root);
void resume();
preload(place.value.path); // beside the session, not after it
