// Who is signed in at this console, and what they may do; the page hides what the server would refuse anyway.
import { computed, signal } from "@preact/signals";
import { feed } from "./feed";
import { get, onSignedOut, post, remove, useCsrf } from "./http";
import { type ApiProblem, asProblem } from "./problem";

export interface Session {
  name: string;
  display_name?: string;
  role: string;
  department?: string | null;
  districts?: string[] | null;
  grids?: string[] | null;
  scopes: string[];
  csrf_token: string;
  must_change_password?: boolean;
}

/** undefined: not known yet; null: nobody. */
export const session = signal<Session | null | undefined>(undefined);
/** Why nobody is signed in any more, where that was not their wish. */
export const endedBy = signal<ApiProblem | null>(null);
export const failed = signal<ApiProblem | null>(null);

const scopes = computed(() => new Set(session.value?.scopes ?? []));

export function may(scope: string | null): boolean {
  return scope === null || scopes.value.has(scope);
}

function take(found: Session | null): void {
  useCsrf(found?.csrf_token ?? null);
  session.value = found;
  failed.value = null;
  if (found) {
    endedBy.value = null;
    feed.start();
  } else {
    feed.stop();
  }
}

onSignedOut((problem) => {
  if (session.value) {
    endedBy.value = problem;
    take(null);
  }
});

/** Find out who is signed in: by a single-use ticket in the address, or by the cookie of before. */
export async function resume(): Promise<void> {
  const ticket = /^#ticket=([\w.~-]+)$/.exec(location.hash)?.[1];
  if (ticket) {
    history.replaceState(null, "", location.pathname + location.search); // it must not stay in the history
    try {
      return take(await post<Session>("session/ticket", { ticket }));
    } catch (error) {
      endedBy.value = asProblem(error);
    }
  }
  try {
    take(await get<Session>("session"));
  } catch (error) {
    const problem = asProblem(error);
    if (problem.status === 401) take(null);
    else failed.value = problem;
  }
}

export async function signIn(name: string, password: string): Promise<void> {
  take(await post<Session>("session", { name, password }));
}

export async function signOut(): Promise<void> {
  try {
    await remove("session");
  } finally {
    take(null);
  }
}
