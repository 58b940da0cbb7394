// Requests to the API of this very server: a path and a body in, JSON out, an ApiProblem thrown for everything else.
import { type ApiProblem, problemOf, unreachable } from "./problem";

export const API = "/api/v1";
const TRIES = 3;

export type Query = Record<string, string | number | boolean | readonly string[] | null | undefined>;

export interface Options {
  query?: Query;
  signal?: AbortSignal | undefined;
  /** Sent as If-Match: refused where the thing has changed since. */
  revision?: number | string | undefined;
  /** How often to ask where nothing answers. */
  tries?: number;
}

const credentials = { csrf: null as string | null, lost: (_: ApiProblem) => {} };

/** Give the token that every change must carry, from the session's document. */
export function useCsrf(token: string | null): void {
  credentials.csrf = token;
}

/** Call `lost` whenever the server says that nobody is signed in. */
export function onSignedOut(lost: (problem: ApiProblem) => void): void {
  credentials.lost = lost;
}

export function url(path: string, query: Query = {}): string {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === "") continue;
    for (const one of Array.isArray(value) ? value : [value]) parts.append(name, String(one));
  }
  const text = parts.toString();
  return `${path.startsWith("/") ? "" : `${API}/`}${path}${text ? `?${text}` : ""}`;
}

export async function get<T>(path: string, options: Options = {}): Promise<T> {
  return (await send("GET", path, undefined, options)).json() as Promise<T>;
}

/** Carry out a change once, however often the network makes us ask: the key is the same in every attempt. */
export async function post<T>(path: string, body: unknown = undefined, options: Options = {}): Promise<T> {
  return json<T>(await send("POST", path, body, options, uuid()));
}

export async function put<T>(path: string, body: unknown, options: Options = {}): Promise<T> {
  return json<T>(await send("PUT", path, body, options));
}

export async function patch<T>(path: string, body: unknown, options: Options = {}): Promise<T> {
  return json<T>(await send("PATCH", path, body, options));
}

export async function remove<T>(path: string, options: Options = {}): Promise<T> {
  return json<T>(await send("DELETE", path, undefined, options));
}

/** Return the answer itself, for streams, pictures and files. */
export async function send(
  method: string,
  path: string,
  body: unknown,
  options: Options = {},
  key: string | null = null,
): Promise<Response> {
  const headers = new Headers({ Accept: "application/json" });
  if (key) headers.set("Idempotency-Key", key);
  if (options.revision !== undefined) headers.set("If-Match", `"${options.revision}"`);
  if (method !== "GET" && credentials.csrf) headers.set("X-CSRF-Token", credentials.csrf);
  const raw = body instanceof Blob;
  if (body !== undefined) headers.set("Content-Type", raw ? body.type : "application/json");
  const content = body === undefined ? null : raw ? body : JSON.stringify(body);
  const again = method === "GET" || key !== null;
  for (let attempt = 1; ; attempt += 1) {
    const found = await once(url(path, options.query), { method, headers, body: content, signal: options.signal });
    if (found instanceof Response) return found;
    const passing = found.unreachable || found.status === 503 || found.status === 502;
    if (!again || !passing || attempt >= (options.tries ?? TRIES) || found.kind === "not-ready") throw found;
    await new Promise((resolve) => setTimeout(resolve, 1000 * (found.retryAfterS ?? 0.4 * attempt)));
    options.signal?.throwIfAborted();
  }
}

async function once(
  address: string,
  request: { method: string; headers: Headers; body: BodyInit | null; signal: AbortSignal | undefined },
): Promise<Response | ApiProblem> {
  const { signal, ...rest } = request;
  let answer: Response;
  try {
    answer = await fetch(address, { ...rest, ...(signal ? { signal } : {}), credentials: "same-origin" });
  } catch (error) {
    if (signal?.aborted) throw error;
    return unreachable(error);
  }
  if (answer.ok) return answer;
  const problem = await problemOf(answer);
  if (answer.status === 401 && !address.startsWith(`${API}/session`)) credentials.lost(problem);
  return problem;
}

async function json<T>(answer: Response): Promise<T> {
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

/** Return a random UUID; crypto.randomUUID is not there where the console is opened over plain HTTP by an address. */
export function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
