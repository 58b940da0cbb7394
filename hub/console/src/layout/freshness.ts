// What of the hub is stale, from its own readiness checks: asked now and then, told in the strip above every page.
import { signal } from "@preact/signals";
import { may } from "../api/session";

export interface Check {
  name: string;
  ok: boolean;
  detail: string;
  age_s: number | null;
}

const EVERY_MS = 10_000;

/** null: not asked yet. */
export const checks = signal<readonly Check[] | null>(null);

let timer: ReturnType<typeof setTimeout> | undefined;

export function watchFreshness(): () => void {
  let ended = false;
  const look = async () => {
    checks.value = await ask();
    if (!ended) timer = setTimeout(look, EVERY_MS);
  };
  void look();
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}

async function ask(): Promise<readonly Check[]> {
  if (!may("health:read")) return []; // the feed tells whether what they see is live
  try {
    const answer = await fetch("/readyz", { credentials: "same-origin", signal: AbortSignal.timeout(8000) });
    const body = (await answer.json()) as { checks?: Check[] };
    if (Array.isArray(body.checks)) return body.checks;
    // Somebody who may not see the checks (403) sees the board all the same: the feed tells whether it is live.
    return answer.status === 403 ? [] : [gone(`HTTP ${answer.status}`)];
  } catch {
    return [gone("")];
  }
}

function gone(detail: string): Check {
  return { name: "readyz", ok: false, detail, age_s: null };
}
