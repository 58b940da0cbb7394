// Which thresholds would have turned the answer: asked for, with how far the search came, each to be tried in the workbench.
import { useSignal } from "@preact/signals";
import { language, t } from "../i18n";
import { href } from "../router";
import { workOn } from "../tuning/address";
import type { Traced, WhatIf } from "../tuning/documents";
import { valueOf } from "../tuning/figures";
import { useRun } from "../tuning/runs";
import { Button } from "../ui/Button";
import { fullTime } from "../ui/time";
import { Progress } from "../workbench/Progress";
import { thresholdName } from "../workbench/tunables";

interface WhatIfsProps {
  /** The arguments of the trace itself. */
  asked: object;
  rule: string;
  subject: string;
  span: { since: number; until: number };
}

export function WhatIfs({ asked, rule, subject, span }: WhatIfsProps) {
  // Every threshold of the rule is tried for it, which takes its time: only when somebody wants to know.
  const wanted = useSignal(false);
  const found = useRun<Traced>("trace", wanted.value ? { ...asked, what_if: true } : null);
  const traced = found.answer;
  return (
    <section class="panel" aria-label={t("tuning.what-if")}>
      <header>
        <h2>{t("tuning.what-if")}</h2>
        {!wanted.value && (
          <Button
            onClick={() => {
              wanted.value = true;
            }}
          >
            {t("tuning.what-if-ask")}
          </Button>
        )}
      </header>
      <div class="panel-content">
        {!wanted.value && <p class="dim">{t("tuning.what-if-about")}</p>}
        <Progress running={found} asked={wanted.value} />
        {traced && (
          <>
            {traced.what_if.length === 0 && traced.what_if_complete && (
              <p>{t(traced.what_if_tried.pairs > 0 ? "trace.none-of-pairs" : "tuning.what-if-none")}</p>
            )}
            <ul class="what-if">
              {traced.what_if.map((one) => (
                <li key={one.text_en}>
                  <span>{inWords(one)}</span>
                  <a class="button" href={href(tried(workOn(rule, subject, span), one))}>
                    {t("tuning.try")}
                  </a>
                </li>
              ))}
            </ul>
            <p class="field-hint">
              {t(traced.what_if_tried.pairs > 0 ? "trace.tried" : "trace.tried-singles", { ...traced.what_if_tried })}{" "}
              {!traced.what_if_complete && t("trace.not-all")}
            </p>
          </>
        )}
      </div>
    </section>
  );
}

function inWords(one: WhatIf): string {
  const changes = one.changes.map((each) =>
    t("trace.change", {
      name: thresholdName(each.path),
      from: valueOf(each.value),
      to: `${valueOf(each.to)}${each.unit && each.unit !== "ratio" ? ` ${each.unit}` : ""}`,
    }),
  );
  const comma = language.value === "zh" ? "，" : ": ";
  const then = one.raised_at ? t("trace.would-at", { at: fullTime(one.raised_at) }) : t("trace.would-not");
  return changes.join(t("trace.and")) + comma + then;
}

function tried(work: string, one: WhatIf): string {
  const set = new URLSearchParams();
  for (const each of one.changes) set.append("set", `${each.path}=${each.to}`);
  return `${work}&${set}`;
}
