// What waits for a word: a sample of quiet stretches in which a rule nearly spoke, so that recall means something.
import { useSignal } from "@preact/signals";
import { gridName, hubNow, rules, ruleTitle } from "../api/city";
import { post } from "../api/http";
import { t, words } from "../i18n";
import { go, href } from "../router";
import { DAY_MS, workOn } from "../tuning/address";
import type { Verdict } from "../tuning/documents";
import { useRun } from "../tuning/runs";
import { mayTune } from "../tuning/Tabs";
import { Button } from "../ui/Button";
import { Time } from "../ui/Time";
import { refused, told } from "../ui/toast";
import { Progress } from "../workbench/Progress";

export interface Candidate {
  rule: string;
  subject: string;
  grid: string;
  since: string;
  until: string | null;
  weight: number;
  why?: string;
}

interface Sampled {
  items?: Candidate[];
  candidates?: Candidate[];
}

const DAYS = 7;

export function Sample({ rule, done }: { rule: string; done: () => void }) {
  const asked = useSignal<object | null>(null);
  const said = useSignal<readonly string[]>([]);
  const found = useRun<Sampled>("sample", asked.value);
  const draw = () => {
    const until = Math.floor(hubNow() / 3_600_000) * 3_600_000;
    const since = new Date(until - DAYS * DAY_MS).toISOString();
    asked.value = {
      question: { rules: [rule], grids: null, subjects: null, since, until: new Date(until).toISOString() },
    };
    found.again();
  };
  const give = async (one: Candidate, verdict: Verdict) => {
    try {
      await post("tuning/labels", { ...pickOf(one), verdict, source: "sample" });
      said.value = [...said.value, keyOf(one)];
      told(t("tuning.labelled"));
      done();
    } catch (error) {
      refused(error);
    }
  };
  const items = (found.answer?.items ?? found.answer?.candidates ?? []).filter(
    (one) => !said.value.includes(keyOf(one)),
  );
  return (
    <section class="panel" aria-label={t("tuning.sample")}>
      <header>
        <h2>{t("tuning.sample")}</h2>
        <select
          aria-label={t("tuning.rule")}
          value={rule}
          onChange={(event) => go(`/tuning/labels?rule=${event.currentTarget.value}`, { replace: true })}
        >
          <option value="">{t("tuning.choose-rule")}</option>
          {[...rules.value.keys()].map((one) => (
            <option key={one} value={one}>
              {ruleTitle(one)}
            </option>
          ))}
        </select>
        {mayTune() && (
          <Button disabled={!rule} busy={found.waiting && asked.value !== null} onClick={draw}>
            {t("tuning.sample-draw", { days: DAYS })}
          </Button>
        )}
      </header>
      <div class="panel-content">
        <p class="dim">{t("tuning.sample-about")}</p>
        <Progress running={found} asked={asked.value !== null} />
        {found.answer && items.length === 0 && <p>{t("tuning.sample-none")}</p>}
        <ul class="samples">
          {items.map((one) => (
            <li key={keyOf(one)}>
              <div>
                <a
                  href={href(
                    workOn(one.rule, one.subject, {
                      since: Date.parse(one.since) - 1_800_000,
                      until: Date.parse(one.until ?? one.since) + 1_800_000,
                    }),
                  )}
                >
                  {one.subject}
                </a>{" "}
                <span class="dim">{gridName(one.grid)}</span> <Time at={one.since} as="full" />
                {one.why && <p class="dim">{one.why}</p>}
              </div>
              {mayTune() && (
                <div class="choices">
                  {(["missed", "false"] as const).map((verdict) => (
                    <Button key={verdict} onClick={() => void give(one, verdict)}>
                      {words(`tuning.sample.${verdict}`)}
                    </Button>
                  ))}
                </div>
              )}
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}

const keyOf = (one: Candidate) => `${one.rule} ${one.subject} ${one.since}`;

function pickOf({ rule, subject, grid, since, until, weight }: Candidate) {
  return { rule, subject, grid, since, until, weight };
}
