// What learning would change, worked out by the tuning role; and, once somebody has looked, exactly that put into force.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { quantityName } from "../alert/quantities";
import { gridName } from "../api/city";
import { post } from "../api/http";
import { number } from "../health/figures";
import { t, words } from "../i18n";
import { href } from "../router";
import { useErrand } from "../tuning/runs";
import { Ask } from "../ui/Ask";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { Line, Lines } from "../ui/inputs";
import { fromLocal, toLocal } from "../ui/localTime";
import { ScrollX } from "../ui/ScrollX";
import { Subject } from "../ui/Subject";
import { Time } from "../ui/Time";
import { told } from "../ui/toast";
import { AsOf } from "../workbench/AsOf";
import { Progress } from "../workbench/Progress";
import { CHANGES, type Change, changeWords, type Learnt, leftOutWords, type Outcome, whyNotWords } from "./documents";

interface LearnProps {
  picked: readonly string[];
  whyNotWritable: string | null;
  onApplied: () => void;
}

const SHOWN = 100;
const TONES: Readonly<Record<Change, string>> = { new: "good", changed: "accent", same: "", kept: "warn", none: "bad" };

export function Learn({ picked, whyNotWritable, onApplied }: LearnProps) {
  const found = useErrand<Learnt>("learn");
  const since = useSignal("");
  const until = useSignal("");
  const wrong = useSignal("");
  const only = useSignal<Change | "">("");
  const asking = useSignal(false);
  const applied = useSignal("");
  const answer = found.answer;
  const before = found.isFound ? found.run?.arguments : undefined;
  useEffect(() => {
    // What was asked before stands in the form again, so that it can be asked a little differently.
    if (!before) return;
    since.value = asField(before["since"]);
    until.value = asField(before["until"]);
  }, [found.isFound, found.run?.id]);
  const start = () => {
    const [from, to] = [fromLocal(since.value), fromLocal(until.value)];
    if (from !== null && to !== null && from >= to) {
      wrong.value = t("baselines.span-wrong");
      return;
    }
    wrong.value = "";
    only.value = "";
    found.ask({
      devices: picked.length ? [...picked] : null,
      since: from === null ? null : new Date(from).toISOString(),
      until: to === null ? null : new Date(to).toISOString(),
    });
  };
  const fresh = answer ? answer.counts.new + answer.counts.changed + answer.counts.same : 0;
  const isDone = found.run !== null && applied.value === found.run.id;
  return (
    <section class="panel" aria-label={t("baselines.learn")}>
      <header>
        <h2>{t("baselines.learn")}</h2>
      </header>
      <div class="panel-content baseline-form">
        <p class="dim">{t("baselines.learn-about")}</p>
        <p>
          {picked.length ? t("baselines.learn-picked", { n: picked.length }) : t("baselines.learn-all")}{" "}
          <span class="mono dim">{picked.slice(0, 12).join(" ")}</span>
          {picked.length > 12 && <span class="dim"> …</span>}
        </p>
        <form
          class="baseline-fields"
          onSubmit={(event) => {
            event.preventDefault();
            start();
          }}
        >
          <Line label={t("baselines.since")} type="datetime-local" value={since} hint={t("baselines.since-hint")} />
          <Line label={t("baselines.until")} type="datetime-local" value={until} hint={t("baselines.until-hint")} />
          <Button type="submit" kind={answer ? "plain" : "primary"} icon="search" busy={found.waiting}>
            {t("baselines.look")}
          </Button>
        </form>
        {wrong.value && (
          <p class="field-error" role="alert">
            {wrong.value}
          </p>
        )}
        <Progress running={found} asked={found.asked !== null} />
      </div>
      {answer && (
        <div class={`panel-content baseline-answer ${found.waiting ? "stale" : ""}`}>
          <p>
            {t("baselines.from")} <Time at={answer.since} as="full" /> {t("baselines.to")}{" "}
            <Time at={answer.until} as="full" /> ·{" "}
            {answer.devices ? t("baselines.some", { n: answer.devices.length }) : t("baselines.whole-city")}
          </p>
          {found.isFound && <AsOf run={found.run} />}
          <fieldset class="choices">
            <legend class="visually-hidden">{t("baselines.would")}</legend>
            {CHANGES.filter((change) => answer.counts[change] > 0).map((change) => (
              <button
                key={change}
                type="button"
                class="button"
                aria-pressed={only.value === change}
                onClick={() => {
                  only.value = only.value === change ? "" : change;
                }}
              >
                {words(`baselines.change.${change}`)} <b>{number(answer.counts[change])}</b>
              </button>
            ))}
          </fieldset>
          <Outcomes items={only.value ? answer.items.filter((one) => one.change === only.value) : answer.items} />
          {isDone ? (
            <p class="notice" role="status">
              <Icon name="check" size={16} />
              <span>
                {t("baselines.applied", { n: fresh })} {t("baselines.applied-next")}
              </span>
            </p>
          ) : fresh === 0 ? (
            <p class="notice">{t("baselines.nothing-to-apply")}</p>
          ) : whyNotWritable ? (
            <p class="notice failed">
              <span>
                {t("baselines.not-writable")} {whyNotWritable}
              </span>
            </p>
          ) : (
            <Button
              kind="primary"
              icon="check"
              disabled={found.waiting}
              onClick={() => {
                asking.value = true;
              }}
            >
              {t("baselines.apply")}
            </Button>
          )}
        </div>
      )}
      {asking.value && answer && found.run && (
        <Apply
          run={found.run.id}
          fresh={fresh}
          onDone={(id) => {
            applied.value = id;
            onApplied();
          }}
          onClose={() => {
            asking.value = false;
          }}
        />
      )}
    </section>
  );
}

function asField(at: unknown): string {
  return typeof at === "string" ? toLocal(Date.parse(at)) : "";
}

interface ApplyProps {
  run: string;
  fresh: number;
  onDone: (run: string) => void;
  onClose: () => void;
}

function Apply({ run, fresh, onDone, onClose }: ApplyProps) {
  const note = useSignal("");
  const wrong = useSignal<string | null>(null);
  return (
    <Ask
      title={t("baselines.apply-title", { n: fresh })}
      does={t("baselines.apply-does")}
      onClose={onClose}
      run={async () => {
        wrong.value = note.value.trim() ? null : t("tuning.note-needed");
        if (wrong.value) return false;
        await post("tuning/baselines/apply", { run, note: note.value.trim() });
        told(t("baselines.applied", { n: fresh }));
        onDone(run);
        return true;
      }}
    >
      <p>{t("baselines.apply-about")}</p>
      <Lines label={t("tuning.note")} value={note} maxLength={500} error={wrong.value} />
    </Ask>
  );
}

function Outcomes({ items }: { items: readonly Outcome[] }) {
  const shown = useSignal(SHOWN);
  return (
    <ScrollX label={t("baselines.would")}>
      <table class="table cards">
        <thead>
          <tr>
            <th>{t("baselines.place")}</th>
            <th>{t("baselines.quantity")}</th>
            <th>{t("baselines.would")}</th>
            <th class="number">{t("baselines.hours")}</th>
            <th>{t("baselines.left-out")}</th>
          </tr>
        </thead>
        <tbody>
          {items.slice(0, shown.value).map((one) => (
            <tr key={`${one.subject} ${one.quantity}`}>
              <td>
                <a href={href(`/tuning/baselines/${encodeURIComponent(one.subject)}?quantity=${one.quantity}`)}>
                  <Subject id={one.subject} />
                </a>{" "}
                <span class="dim">{gridName(one.grid)}</span>
              </td>
              <td>{quantityName(one.quantity)}</td>
              <td>
                <span class={`tag ${TONES[one.change]}`}>{words(`baselines.change.${one.change}`)}</span>{" "}
                <span class="dim">{changeWords(one) || whyNotWords(one)}</span>
              </td>
              <td class="number">
                <span class="only-cards dim">{t("baselines.hours")} </span>
                {number(one.hours)}
              </td>
              <td class="dim">{one.left_out > 0 ? leftOutWords(one.left_out_why) || number(one.left_out) : "—"}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {items.length > shown.value && (
        <div class="pages">
          <Button
            onClick={() => {
              shown.value += SHOWN;
            }}
          >
            {t("baselines.more", { n: items.length - shown.value })}
          </Button>
        </div>
      )}
    </ScrollX>
  );
}
