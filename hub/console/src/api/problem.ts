// An RFC 9457 problem as the API sends it, or what stands in its place where no answer came at all.
import { said } from "../i18n/said";

export interface PartProblem {
  in: string;
  pointer?: string | null;
  parameter?: string | null;
  detail: string;
}

export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  /** What it is called and what is wrong, in the page's language where the console knows the sentence. */
  readonly title: string;
  readonly detail: string;
  readonly errors: PartProblem[];

  constructor(
    /** The last part of the problem's type, or "unreachable" where nothing answered. */
    readonly kind: string,
    readonly status: number,
    title: string,
    detail: string,
    errors: PartProblem[] = [],
    readonly retryAfterS: number | null = null,
    /** Every further member of the problem. */
    readonly members: Record<string, unknown> = {},
  ) {
    super(detail);
    this.title = said(title);
    this.detail = said(detail);
    this.errors = errors.map((one) => ({ ...one, detail: said(one.detail) }));
  }

  get unreachable(): boolean {
    return this.status === 0;
  }
}

/** Return the problem of an answer that is not a success. */
export async function problemOf(answer: Response): Promise<ApiProblem> {
  const wait = Number(answer.headers.get("Retry-After"));
  const retryAfterS = Number.isFinite(wait) && wait > 0 ? wait : null;
  try {
    const body = (await answer.json()) as Record<string, unknown>;
    const text = (name: string) => (typeof body[name] === "string" ? (body[name] as string) : "");
    const errors = Array.isArray(body["errors"]) ? (body["errors"] as PartProblem[]) : [];
    const kind = text("type").split(":").at(-1) || "internal";
    return new ApiProblem(kind, answer.status, text("title"), text("detail"), errors, retryAfterS, body);
  } catch {
    // A proxy in between answers in its own words.
    return new ApiProblem("internal", answer.status, answer.statusText, `HTTP ${answer.status}`, [], retryAfterS);
  }
}

export function unreachable(cause: unknown): ApiProblem {
  return new ApiProblem("unreachable", 0, "", cause instanceof Error ? cause.message : String(cause));
}

/** Return what was thrown as a problem, so that a page has one kind of error to show. */
export function asProblem(thrown: unknown): ApiProblem {
  return thrown instanceof ApiProblem ? thrown : unreachable(thrown);
}
