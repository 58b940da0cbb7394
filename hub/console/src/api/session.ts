// Who is signed in at this console, and what they may do; the page hides what the server would refuse anyway.
import { computed, signal } from "@preact/signals";
import { feed } from "./feed";
import { get, onSignedOut, post, remove, useCsrf } from "./http";
import { asProblem, type ApiProblem } from "./problem";

export interface Session {
  id: string;
  user_id: string;
  name: string;
  display_name: string;
  role: string;
  department: string | null;
  districts: string[] | null;
  /** The grids one sees; null: all. */
  grids: string[] | null;
  scopes: string[];
  csrf_token: string;
  how: "password" | "ticket" | "oidc";
  expires_at: string;
  must_change_password: boolean;
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

/** The name under which the hub writes down what is done at this console. */
export function me(): string {
  return session.value?.name ?? "";
}

function take(found: Session | null): void {
  useCsrf(found?.csrf_token ?? null);
  session.value = found;
  failed.value = null;
  if (found) {
    endedBy.value = null;
    if (!found.must_change_password && found.scopes.includes("feed:read")) feed.start();
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

export async function changePassword(current: string, chosen: string): Promise<void> {
  take(await post<Session>("session/password", { current, new: chosen }));
}

export async function signOut(): Promise<void> {
  try {
    await remove("session");
  } finally {
    take(null);
  }
}
