// The page on which a run's answer is shown again, or the same is asked again. Pure.
import { withQuery } from "../baselines/picked";
import type { Question } from "./documents";
import type { Run } from "./runs";

interface Side {
  version?: string | null;
  changes?: Readonly<Record<string, unknown>>;
}

/** Return its address, "" where there is none. */
export function againOf({ id, kind, arguments: given }: Pick<Run, "id" | "kind" | "arguments">): string {
  const question = given["question"] as Partial<Question> | undefined;
  const [rule] = question?.rules ?? [];
  if (kind === "weights" || kind === "dataset") return `/tuning/weights?${kind}=${id}`;
  if (kind === "sample") return `/tuning/labels?${new URLSearchParams({ ...(rule ? { rule } : {}), sample: id })}`;
  if (kind === "learn") return `/tuning/baselines?learn=${id}`;
  if (kind === "baselines")
    return withQuery("/tuning/baselines", new URLSearchParams(), { pick: question?.subjects ?? [], baselines: id });
  if (kind === "trace") return traceOf(given);
  if (!rule || !question?.since || !question.until) return "";
  const side = (kind === "diff" ? given["candidate"] : given) as Side;
  const query = new URLSearchParams({ rule, since: question.since, until: question.until });
  for (const subject of question.subjects ?? []) query.append("subject", subject);
  put(query, side);
  if (kind === "sweep" || kind === "search") query.set(kind, id);
  return `/tuning/work?${query}`;
}

function traceOf(given: Readonly<Record<string, unknown>>): string {
  const { rule, subject, at } = given;
  if (typeof rule !== "string" || typeof subject !== "string" || typeof at !== "string") return "";
  const query = new URLSearchParams({ rule, subject, at });
  put(query, given);
  return `/tuning/trace?${query}`;
}

function put(query: URLSearchParams, { version, changes }: Side): void {
  if (version) query.set("version", version);
  for (const [path, value] of Object.entries(changes ?? {})) query.append("set", `${path}=${JSON.stringify(value)}`);
}
