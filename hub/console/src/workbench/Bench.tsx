// One rule on its bench: the timeline, what would change, the sliders, the scores, and ways to look for better values.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ruleTitle } from "../api/city";
import { t } from "../i18n";
import { go, href } from "../router";
import { traceOf } from "../trace/address";
import { type Work, writeWork } from "../tuning/address";
import type { Changes, Raised, RuleDocument } from "../tuning/documents";
import { tookOf } from "../tuning/figures";
import { said } from "../tuning/sentences";
import { mayTune } from "../tuning/Tabs";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { Loading, problemText } from "../ui/states";
import { Subject } from "../ui/Subject";
import { fullTime } from "../ui/time";
import { refused } from "../ui/toast";
import { Diff } from "./Diff";
import type { Bar, Lane } from "./draw";
import { Mark } from "./Mark";
import type { Place } from "./places";
import { Progress } from "./Progress";
import { SaveVersion } from "./SaveVersion";
import { around, type Stretch, within } from "./scale";
import { ScoresTable } from "./ScoresTable";
import { Search } from "./Search";
import { Sliders } from "./Sliders";
import { Sweep } from "./Sweep";
import { Timeline } from "./Timeline";
import { useAsked, type ZoneOf } from "./useAsked";
import "./sweep.css";

interface BenchProps {
  work: Work;
  rule: RuleDocument;
  zones: readonly ZoneOf[];
  places: readonly Place[];
  show: (work: Work) => void;
}

export function Bench({ work, rule, zones, places, show }: BenchProps) {
  const bounds: Stretch = { from: work.since, to: work.until };
  const view = useSignal<Stretch>(bounds);
  const marked = useSignal<Stretch | null>(null);
  const saving = useSignal(false);
  const chosen = useSignal<string | null>(null);
  const moment = useSignal<number | null>(null);
  useEffect(() => {
    view.value = { from: work.since, to: work.until };
  }, [work.since, work.until]);

  const {
    question,
    version,
    changed,
    tunables,
    base,
    tried,
    diff,
    recorded,
    labels,
    moved,
    lanes,
    refusal,
    limits,
    again,
  } = useAsked({ work, rule, zones, view });
  /** Show as long a stretch as readings are shown of, around the newest that is raised; else the newest stretch. */
  const zoomIn = (ms: number) => {
    const [newest] = [...(tried.answer?.raised ?? []), ...(base.answer?.raised ?? [])]
      .map((one) => Date.parse(one.raised_at))
      .filter((at) => at >= view.value.from && at <= view.value.to)
      .sort((a, b) => b - a);
    const middle = newest ?? view.value.to - ms / 2;
    view.value = within({ from: middle - ms / 2, to: middle + ms / 2 }, bounds);
  };
  const put = (changes: Changes) => show({ ...work, changes });
  const look = (raised: Raised) => {
    chosen.value = raised.alert_id;
    const until = Date.parse(raised.cleared_at ?? raised.raised_at);
    view.value = around({ from: Date.parse(raised.since), to: until }, bounds);
    document.querySelector(".workbench .timeline-view")?.scrollIntoView({ block: "nearest", behavior: "smooth" });
  };
  const trace = (raised: Raised) => {
    const asked = new URLSearchParams({ rule: raised.rule, subject: raised.subject, at: raised.raised_at });
    for (const [path, value] of Object.entries(work.changes)) asked.append("set", `${path}=${JSON.stringify(value)}`);
    return `/tuning/trace?${asked}`;
  };
  const pick = (bar: Bar, of: Lane) => {
    chosen.value = bar.key;
    if (of.key === "recorded") go(`/alerts/${bar.key}`);
    else if (of.key === "labels") go(`/tuning/labels?rule=${work.rule}`);
    else {
      const judged = [...(tried.answer?.raised ?? []), ...(base.answer?.raised ?? [])];
      const raised = judged.find((one) => one.alert_id === bar.key);
      if (raised) go(trace(raised));
    }
  };
  const named = new Map(places.map((place) => [place.id, place]));
  const marks = work.subjects.length > 0 ? work.subjects : [...named.keys()];
  return (
    <div class="bench">
      <div class="bench-column">
        <section class="panel bench-time" aria-label={t("tuning.timeline")}>
          <header>
            <h2>
              {ruleTitle(rule.rule)}{" "}
              <span class="dim">
                {work.subjects.length === 0
                  ? t("tuning.all-subjects")
                  : work.subjects.map((subject, index) => (
                      <>
                        {index > 0 && "、"}
                        <Subject id={subject} />
                      </>
                    ))}
              </span>
            </h2>
            {mayTune() && marks.length > 0 && (
              <Button
                icon="edit"
                onClick={() => {
                  marked.value = view.value;
                }}
              >
                {t("tuning.label-view")}
              </Button>
            )}
          </header>
          <div class="panel-content">
            <Timeline
              lanes={lanes.lanes}
              view={view}
              bounds={bounds}
              chosen={chosen.value}
              onPick={pick}
              onMoment={(ms) => {
                moment.value = ms;
              }}
              {...(mayTune() && marks.length > 0
                ? {
                    onMark: (stretch: Stretch) => {
                      marked.value = stretch;
                    },
                  }
                : {})}
            />
            {moment.value !== null && work.subjects.length > 0 && (
              <p class="bench-moment dim" aria-live="polite">
                {t("trace.here", { at: fullTime(moment.value) })}{" "}
                {work.subjects.map((subject) => (
                  <a
                    key={subject}
                    class="button"
                    href={href(
                      traceOf(
                        { rule: work.rule, subject, at: new Date(moment.value ?? 0).toISOString() },
                        work.changes,
                      ),
                    )}
                  >
                    {t("trace.here-ask")} {work.subjects.length > 1 && subject}
                  </a>
                ))}
              </p>
            )}
            {lanes.say && (
              <p class="field-hint">
                {lanes.say}{" "}
                {lanes.zoomMs > 0 && (
                  <Button kind="quiet" icon="search" onClick={() => zoomIn(lanes.zoomMs)}>
                    {t("workbench.zoom-there")}
                  </Button>
                )}
              </p>
            )}
            <Progress running={lanes.readings} asked={!refusal || lanes.readings.problem?.detail !== refusal} />
            {recorded.problem && <p class="field-error">{problemText(recorded.problem)}</p>}
            {labels.problem && <p class="field-error">{problemText(labels.problem)}</p>}
            <Progress running={base} />
            {limits.length > 0 && (
              <details class="limits" open={limits.length <= 2}>
                <summary>{t("tuning.limits", { n: limits.length })}</summary>
                <ul>
                  {limits.map((limit) => (
                    <li key={limit}>{said(limit)}</li>
                  ))}
                </ul>
              </details>
            )}
          </div>
        </section>
        <section class="panel bench-diff" aria-label={t("tuning.diff")}>
          <header>
            <h2>{t("tuning.diff")}</h2>
          </header>
          <div class="panel-content">
            {!changed ? (
              <p class="dim">{t("tuning.diff-hint")}</p>
            ) : (
              <>
                <Progress running={diff} asked={diff.problem?.detail !== refusal || !refusal} />
                {refusal && diff.problem && <p class="dim">{t("workbench.no-diff")}</p>}
                {diff.answer && (
                  <Diff
                    diff={diff.answer}
                    recorded={recorded.value ?? []}
                    stale={diff.waiting}
                    sides={{ base: { version, changes: {} }, candidate: { version, changes: work.changes }, moved }}
                    onLabelled={again}
                    onShow={look}
                    traceOf={trace}
                  />
                )}
              </>
            )}
          </div>
        </section>
      </div>
      <div class="bench-column">
        <section class="panel bench-sliders" aria-label={t("tuning.thresholds")}>
          <header>
            <h2>{t("tuning.thresholds")}</h2>
            {changed && (
              <Button kind="quiet" icon="undo" onClick={() => put({})}>
                {t("tuning.all-back")}
              </Button>
            )}
          </header>
          <div class="panel-content">
            {work.version && (
              <p class="notice">
                {t("tuning.on-version", { version: work.version })}{" "}
                <a href={href(writeWork({ ...work, version: "" }).slice(0))}>{t("tuning.on-current")}</a>
              </p>
            )}
            <Sliders tunables={tunables.items} changes={work.changes} onChange={put} />
            {tunables.items.length === 0 && <p class="dim">{t("tuning.no-thresholds")}</p>}
            {tunables.problem && <p class="field-error">{tunables.problem}</p>}
            {changed && mayTune() && (
              <div class="bench-save">
                <Button
                  kind="primary"
                  onClick={() => {
                    saving.value = true;
                  }}
                >
                  {t("tuning.save-version")}
                </Button>
                <p class="field-hint">{t("tuning.nothing-applied")}</p>
              </div>
            )}
          </div>
        </section>
        <section class="panel bench-scores" aria-label={t("tuning.scores")}>
          <header>
            <h2>{t("tuning.scores")}</h2>
            {tried.run?.took_s != null && !tried.waiting && (
              <span class="dim">{t("tuning.took", { span: tookOf(tried.run.took_s) })}</span>
            )}
          </header>
          <div class="panel-content">
            <Progress running={tried} asked={changed} />
            {!base.answer && base.waiting && <Loading rows={4} />}
            <ScoresTable
              rule={rule.rule}
              base={base.answer?.scores ?? null}
              judged={base.answer !== null}
              tried={changed ? (tried.answer?.scores ?? null) : null}
              raised={{ base: base.answer?.raised.length ?? null, tried: tried.answer?.raised.length ?? null }}
              stale={tried.waiting || base.waiting}
            />
          </div>
        </section>
      </div>
      <div class="bench-wide">
        <Sweep question={question} version={work.version} tunables={tunables.items} onTry={put} />
        <Search question={question} version={work.version} tunables={tunables.items} onTry={put} />
      </div>
      {marked.value && (
        <Mark
          rule={rule.rule}
          places={marks.map((id) => named.get(id) ?? { id, name: "", grid: "" })}
          stretch={marked.value}
          onDone={again}
          onClose={() => {
            marked.value = null;
          }}
        />
      )}
      {saving.value && (
        <SaveVersion
          changes={work.changes}
          version={work.version}
          onClose={() => {
            saving.value = false;
          }}
        />
      )}
      {/* A link to share: whoever opens it sees the same. */}
      <p class="bench-foot dim">
        <Button
          kind="quiet"
          icon="link"
          onClick={() => void navigator.clipboard?.writeText(location.origin + href(writeWork(work))).catch(refused)}
        >
          {t("tuning.copy-link")}
        </Button>
        <Icon name="info" size={14} /> {t("tuning.keys")}
      </p>
    </div>
  );
}
