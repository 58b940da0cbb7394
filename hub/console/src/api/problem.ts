// An RFC 9457 problem as the API sends it, or what stands in its place where no answer came at all.
import { t } from "../i18n";
import { said } from "../i18n/said";

export interface PartProblem {
  in: string;
  pointer?: string | null;
  parameter?: string | null;
  detail: string;
}

export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly #title: string;
  readonly #detail: string;
  readonly #errors: readonly PartProblem[];

  constructor(
    /** The last part of the problem's type, "unreachable" where nothing answered, "between" where a proxy did. */
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
    this.#title = title;
    this.#detail = detail;
    this.#errors = errors;
  }

  /** What it is called, in the page's language where the console knows the sentence. */
  get title(): string {
    return said(this.#title);
  }

  /** What is wrong, in the page's language. */
  get detail(): string {
    // Several parts at once are put together here again: what one of them says may hold what parts them.
    const first = this.#errors[0];
    const together = this.#errors.length > 1 && first !== undefined && this.#detail.startsWith(`${placeOf(first)}: `);
    return together ? this.parts.join(t("ui.and-then")) : said(this.#detail);
  }

  /** What is wrong with each part of what was sent. */
  get errors(): PartProblem[] {
    return this.#errors.map((one) => ({ ...one, detail: said(one.detail) }));
  }

  /** The same, each with the part's name. */
  get parts(): string[] {
    return this.#errors.map((one) => said(`${placeOf(one)}: ${one.detail}`));
  }

  get unreachable(): boolean {
    return this.kind === "unreachable";
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
    return new ApiProblem("between", answer.status, "", `HTTP ${answer.status}`, [], retryAfterS);
  }
}

/** The problem of a request that got no answer; what the browser says of it, in its own language, is for its console. */
export function unreachable(cause: unknown): ApiProblem {
  console.warn("nothing answered", cause);
  return new ApiProblem("unreachable", 0, "", "");
}

/** Return what was thrown as a problem, so that a page has one kind of error to show. */
export function asProblem(thrown: unknown): ApiProblem {
  return thrown instanceof ApiProblem ? thrown : unreachable(thrown);
}

function placeOf(one: PartProblem): string {
  return one.pointer || one.parameter || "body";
}
