// A part of the console that could not be loaded: the line was cut, or the console was built anew meanwhile. As soon as
// the hub answers, everything is loaded again; after a few times in a row that is left to the operator.
const STORED = "lianqin.loaded-again";
const MOST = 5;
const EVERY_MS = 2000;
const FORGOTTEN_MS = 120_000;

/** Load the whole page again once the hub answers; call what is returned to leave it. */
export function comeBack(): () => void {
  const before = times().filter((at) => Date.now() - at < FORGOTTEN_MS);
  if (before.length >= MOST) return () => {};
  let over = false;
  const look = async () => {
    const there = await fetch("/livez").then(
      (answer) => answer.ok,
      () => false,
    );
    if (over) return;
    if (there) {
      sessionStorage.setItem(STORED, JSON.stringify([...before, Date.now()]));
      location.reload();
    } else setTimeout(look, EVERY_MS);
  };
  const timer = setTimeout(look, EVERY_MS / 2);
  return () => {
    over = true;
    clearTimeout(timer);
  };
}

function times(): number[] {
  try {
    return JSON.parse(sessionStorage.getItem(STORED) ?? "[]") as number[];
  } catch {
    return [];
  }
}
