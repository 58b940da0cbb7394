// Candidates that run beside what judges now, silent: what they would say, how far behind they are, and the way on from there.
import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { city, gridName, hubNow, timezone } from "../api/city";
import { get, post } from "../api/http";
import { gridOptions } from "../api/options";
import type { VersionList } from "../configurations/documents";
import { number } from "../health/figures";
import { t, words } from "../i18n";
import { said } from "../i18n/said";
import { go, href, place } from "../router";
import type { Raised } from "../tuning/documents";
import { mayTune, TuningHead } from "../tuning/Tabs";
import { Ask } from "../ui/Ask";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { Choice, Line } from "../ui/inputs";
import { fromLocal } from "../ui/localTime";
import { useResource } from "../ui/resource";
import { Empty, Failed, Loading } from "../ui/states";
import { Time } from "../ui/Time";
import { shortTime, span } from "../ui/time";
import { told } from "../ui/toast";
import { Diff } from "../workbench/Diff";
import { NOTHING_MOVED } from "../workbench/limits";
import "../configurations/configurations.css";
import "../health/health.css";
import "../workbench/workbench.css";
import { type Shadow, type ShadowDetail, TONES } from "./documents";
import "./shadows.css";

const AGAIN_MS = 10_000;
type Question = "start" | "end" | "canary" | "promote" | "rollback" | null;

export default function ShadowsPage() {
  return city.value ? <Shadows /> : <Loading rows={6} />;
}

function Shadows() {
  const query = place.value.query;
  const wanted = query.get("version") ?? "";
  const asking = useSignal<Question>(wanted && mayTune() ? "start" : null);
  const found = useResource((signal) => get<{ items: Shadow[] }>("tuning/shadows", { signal }), []);
  const items = found.value?.items ?? [];
  const id = query.get("id") ?? items.find((one) => !one.ended_at)?.id ?? items[0]?.id ?? "";
  const one = useResource(
    (signal) => (id ? get<ShadowDetail>(`tuning/shadows/${id}`, { signal }) : Promise.resolve(null)),
    [id],
  );
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.hidden) return;
      found.again();
      one.again();
    }, AGAIN_MS);
    return () => clearInterval(timer);
  }, [id]);
  const again = () => {
    found.again();
    one.again();
  };
  const close = () => {
    asking.value = null;
    if (wanted) go("/tuning/shadows", { replace: true });
  };
  return (
    <div class="column shadows">
      <TuningHead title={t("tuning.shadows")} about={t("tuning.shadows-about")}>
        {mayTune() && (
          <Button
            kind="primary"
            icon="plus"
            onClick={() => {
              asking.value = "start";
            }}
          >
            {t("tuning.shadow-start")}
          </Button>
        )}
      </TuningHead>
      {!found.value ? (
        found.problem ? (
          <Failed problem={found.problem} again={found.again} />
        ) : (
          <Loading rows={4} />
        )
      ) : items.length === 0 ? (
        <Empty icon="layers" title={t("tuning.shadows-none")}>
          <p>{t("tuning.shadows-none-hint")}</p>
          <a class="button" href={href("/configurations")}>
            {t("tuning.tab.configurations")}
          </a>
        </Empty>
      ) : (
        <div class="shadows-columns">
          <ul class="shadows-list panel">
            {items.map((shadow) => (
              <li key={shadow.id}>
                <a href={href(`/tuning/shadows?id=${shadow.id}`)} aria-current={shadow.id === id ? "true" : undefined}>
                  <span>
                    <span class={`tag ${TONES[shadow.state]}`}>
                      {words(`tuning.shadow.${shadow.state}`, shadow.state)}
                    </span>{" "}
                    <span class="mono">{shadow.version}</span>
                  </span>
                  <span class="ellipsis">{shadow.note}</span>
                  <span class="dim">
                    <Time at={shadow.started_at} /> · {shadow.by}
                  </span>
                </a>
              </li>
            ))}
          </ul>
          {one.value ? (
            <Card shadow={one.value} asking={asking} again={again} />
          ) : one.problem ? (
            <Failed problem={one.problem} again={one.again} />
          ) : (
            <Loading rows={5} />
          )}
        </div>
      )}
      {asking.value === "start" && <Start version={wanted} onClose={close} onDone={again} />}
      {one.value && asking.value === "canary" && <Canary shadow={one.value} onClose={close} onDone={again} />}
      {one.value && (asking.value === "end" || asking.value === "promote" || asking.value === "rollback") && (
        <Simple shadow={one.value} what={asking.value} onClose={close} onDone={again} />
      )}
    </div>
  );
}

function Card({ shadow, asking, again }: { shadow: ShadowDetail; asking: Signal<Question>; again: () => void }) {
  const over = shadow.ended_at !== null;
  const rates = shadow.alarms_per_hour;
  const most = Math.max(rates?.base ?? 0, rates?.candidate ?? 0, 0.001);
  const ask = (what: Question) => () => {
    asking.value = what;
  };
  const trace = (raised: Raised) =>
    `/tuning/trace?${new URLSearchParams({ rule: raised.rule, subject: raised.subject, at: raised.raised_at })}`;
  return (
    <section class="panel shadow" aria-label={shadow.version}>
      <header>
        <h2>
          <a class="mono" href={href(`/configurations/${shadow.version}`)}>
            {shadow.version}
          </a>{" "}
          {shadow.note}
        </h2>
        <span class={`tag ${TONES[shadow.state]}`}>{words(`tuning.shadow.${shadow.state}`, shadow.state)}</span>
      </header>
      <div class="panel-content">
        {shadow.why && (
          <p class={shadow.state === "rolled_back" ? "notice failed" : "notice"} role="status">
            <Icon name="warning" size={16} />
            {said(shadow.why)}
          </p>
        )}
        {shadow.problem && <p class="field-error">{said(shadow.problem)}</p>}
        <dl class="configuration-facts">
          <Fact name={t("tuning.shadow.started")}>
            <Time at={shadow.started_at} as="full" />
          </Fact>
          <Fact name={t("tuning.shadow.until")}>
            {shadow.ended_at ? (
              <Time at={shadow.ended_at} as="full" />
            ) : shadow.until ? (
              <Time at={shadow.until} as="full" />
            ) : (
              t("tuning.shadow.open-end")
            )}
          </Fact>
          <Fact name={t("tuning.shadow.grids")}>{shadow.grids.map(gridName).join("、")}</Fact>
          {!over && (
            <Fact name={t("tuning.shadow.lag")}>{shadow.lag_s === null ? "—" : span(shadow.lag_s * 1000)}</Fact>
          )}
          {shadow.canary && (
            <Fact name={t("tuning.shadow.canary")}>
              {shadow.canary.grids.map(gridName).join("、")}
              <p class="dim">{limitsInWords(shadow.canary)}</p>
            </Fact>
          )}
        </dl>
        {rates && (
          <ul class="mix shadow-rates" aria-label={t("tuning.shadow.rates")}>
            {(["base", "candidate"] as const).map((side) => (
              <li key={side}>
                <span>{t(side === "base" ? "tuning.now" : "tuning.candidate")}</span>
                <meter
                  min={0}
                  max={most}
                  value={rates[side]}
                  aria-label={t(side === "base" ? "tuning.now" : "tuning.candidate")}
                />
                <strong>{number(rates[side], 2)}</strong>
                <span class="dim">{t("tuning.shadow.per-hour")}</span>
              </li>
            ))}
          </ul>
        )}
        {mayTune() && !over && (
          <div class="choices shadow-do">
            {shadow.state !== "canary" && (
              <Button kind="primary" onClick={ask("canary")}>
                {t("tuning.shadow.to-canary")}
              </Button>
            )}
            {shadow.state === "canary" && (
              <Button kind="danger" icon="undo" onClick={ask("rollback")}>
                {t("tuning.shadow.rollback")}
              </Button>
            )}
            <Button {...(shadow.state === "canary" ? { kind: "primary" as const } : {})} onClick={ask("promote")}>
              {t("tuning.shadow.promote")}
            </Button>
            {shadow.state !== "canary" && <Button onClick={ask("end")}>{t("tuning.shadow.end")}</Button>}
          </div>
        )}
        <Hours hours={shadow.hours} />
        {shadow.is_cut && <p class="field-hint">{t("tuning.shadow.is-cut")}</p>}
        {shadow.diff ? (
          <Diff
            diff={shadow.diff}
            stale={false}
            sides={{
              base: { version: shadow.base_version, changes: {} },
              candidate: { version: shadow.version, changes: {} },
              moved: NOTHING_MOVED,
            }}
            onLabelled={again}
            onShow={(raised) => go(trace(raised))}
            traceOf={trace}
          />
        ) : (
          <p class="dim">{t("tuning.shadow.no-diff")}</p>
        )}
        {shadow.timeline.length > 0 && (
          <ul class="shadow-steps dim" aria-label={t("tuning.shadow.steps")}>
            {shadow.timeline.map((one) => (
              <li key={`${one.at} ${one.what}`}>
                <Time at={one.at} /> {words(`tuning.shadow.step.${one.what}`, one.what)} · {one.by}
              </li>
            ))}
          </ul>
        )}
      </div>
    </section>
  );
}

/** When a canary is rolled back by itself. */
function limitsInWords({ limits, per_hour_before: before }: NonNullable<Shadow["canary"]>): string {
  const { alarms_per_hour: most, factor, window_s: window } = limits;
  const parts = [
    most ? t("tuning.shadow.limit-per-hour", { n: number(most) }) : "",
    factor ? t("tuning.shadow.limit-factor", { n: number(factor, 1), before: number(before ?? 0, 2) }) : "",
    window ? t("tuning.shadow.limit-window", { span: span(window * 1000) }) : "",
  ];
  return parts.filter(Boolean).join(" · ");
}

const SHOWN_HOURS = 48;

/** Alarms of each hour on both sides, as pairs of bars. */
function Hours({ hours }: { hours: ShadowDetail["hours"] }) {
  const shown = hours.slice(-SHOWN_HOURS);
  if (shown.length === 0) return null;
  const most = Math.max(1, ...shown.map((one) => Math.max(one.base, one.candidate)));
  return (
    <ul class="shadow-hours" aria-label={t("tuning.shadow.by-hour")}>
      {shown.map((one) => {
        const about = `${shortTime(one.at)} · ${t("tuning.now")} ${one.base} · ${t("tuning.candidate")} ${one.candidate}`;
        return (
          <li key={one.at} title={about}>
            <i class="base" style={{ height: `${(100 * one.base) / most}%` }} />
            <i class="candidate" style={{ height: `${(100 * one.candidate) / most}%` }} />
            <span class="visually-hidden">{about}</span>
          </li>
        );
      })}
    </ul>
  );
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

interface DialogProps {
  onClose: () => void;
  onDone: () => void;
}

interface GridsProps {
  chosen: Signal<readonly string[]>;
  legend: string;
  /** Which there are to choose from, by default all. */
  among?: readonly string[];
}

function Grids({ chosen, legend, among }: GridsProps) {
  const offered = gridOptions().filter((grid) => !among || among.includes(grid.value));
  return (
    <fieldset class="shadow-grids">
      <legend>{legend}</legend>
      {offered.map((grid) => (
        <label key={grid.value}>
          <input
            type="checkbox"
            checked={chosen.value.includes(grid.value)}
            onChange={(event) => {
              const rest = chosen.value.filter((one) => one !== grid.value);
              chosen.value = event.currentTarget.checked ? [...rest, grid.value] : rest;
            }}
          />
          <span>{grid.words}</span>
        </label>
      ))}
    </fieldset>
  );
}

function Start({ version, onClose, onDone }: DialogProps & { version: string }) {
  const list = useResource((signal) => get<VersionList>("configurations", { signal }), []);
  const chosen = useSignal(version);
  const note = useSignal("");
  const grids = useSignal<readonly string[]>([]);
  const until = useSignal("");
  const wrong = useSignal<string | null>(null);
  const late = useSignal<string | null>(null);
  const open = (list.value?.items ?? []).filter((one) => !one.in_force);
  return (
    <Ask
      title={t("tuning.shadow-start")}
      does={t("tuning.shadow-start")}
      onClose={onClose}
      run={async () => {
        const end = until.value ? fromLocal(until.value) : null;
        wrong.value = chosen.value ? null : t("tuning.shadow.version-needed");
        late.value = until.value && (end === null || end <= hubNow()) ? t("configurations.future") : null;
        if (wrong.value || late.value) return false;
        await post("tuning/shadows", {
          version: chosen.value,
          grids: grids.value.length > 0 ? grids.value : null,
          note: note.value.trim(),
          until: end === null ? null : new Date(end).toISOString(),
        });
        told(t("tuning.shadow.begun"));
        onDone();
        return true;
      }}
    >
      <p>{t("tuning.shadow-about")}</p>
      <Choice
        label={t("configurations.version")}
        value={chosen}
        none={t("tuning.shadow.choose")}
        error={wrong.value}
        hint={list.value && open.length === 0 ? t("tuning.shadow.no-versions") : undefined}
        options={open.map((one) => ({ value: one.version, words: `${one.version} ${one.note}` }))}
      />
      <Grids chosen={grids} legend={t("tuning.shadow.which-grids")} />
      <Line
        label={t("tuning.shadow.ends-at")}
        type="datetime-local"
        value={until}
        error={late.value}
        hint={`${t("tuning.shadow.ends-hint")} ${t("configurations.zone", { zone: timezone.value })}`}
      />
      <Line label={t("configurations.note")} value={note} maxLength={500} />
    </Ask>
  );
}

function Canary({ shadow, onClose, onDone }: DialogProps & { shadow: Shadow }) {
  const grids = useSignal<readonly string[]>([]);
  const perHour = useSignal("12");
  const factor = useSignal("3");
  const windowMin = useSignal("30");
  const wrong = useSignal<string | null>(null);
  return (
    <Ask
      title={t("tuning.shadow.to-canary")}
      does={t("tuning.shadow.to-canary")}
      onClose={onClose}
      run={async () => {
        const limits = {
          alarms_per_hour: perHour.value ? Number(perHour.value) : null,
          factor: factor.value ? Number(factor.value) : null,
          window_s: (Number(windowMin.value) || 30) * 60,
        };
        wrong.value =
          grids.value.length === 0
            ? t("tuning.shadow.grids-needed")
            : limits.alarms_per_hour === null && limits.factor === null
              ? t("tuning.shadow.limit-needed")
              : null;
        if (wrong.value) return false;
        try {
          await post(`tuning/shadows/${shadow.id}/canary`, { grids: grids.value, limits });
        } finally {
          onDone(); // also where it was refused: somebody may have ended it, or changed what is in force
        }
        told(t("tuning.shadow.canary-begun"));
        return true;
      }}
    >
      <p>{t("tuning.shadow.canary-about")}</p>
      <Grids chosen={grids} legend={t("tuning.shadow.canary-grids")} among={shadow.grids} />
      <Line label={t("tuning.shadow.most-per-hour")} type="number" min={1} value={perHour} />
      <Line label={t("tuning.shadow.factor")} type="number" min={1} value={factor} />
      <p class="field-hint">{t("tuning.shadow.limits-hint")}</p>
      <Line label={t("tuning.shadow.window")} type="number" min={1} value={windowMin} />
      {wrong.value && <p class="field-error">{wrong.value}</p>}
    </Ask>
  );
}

function Simple({
  shadow,
  what,
  onClose,
  onDone,
}: DialogProps & { shadow: Shadow; what: "end" | "promote" | "rollback" }) {
  const note = useSignal("");
  return (
    <Ask
      danger={what === "rollback"}
      title={t(`tuning.shadow.${what}`)}
      does={t(`tuning.shadow.${what}`)}
      onClose={onClose}
      run={async () => {
        try {
          await post(`tuning/shadows/${shadow.id}/${what}`, { note: note.value.trim() });
        } finally {
          onDone(); // also where it was refused: somebody may have been quicker
        }
        told(t(`tuning.shadow.${what}-done`));
      }}
    >
      <p>
        <span class="mono">{shadow.version}</span> {shadow.note}
      </p>
      <p>{t(`tuning.shadow.${what}-about`)}</p>
      {what === "promote" && !shadow.canary && <p class="notice">{t("tuning.shadow.promote-untried")}</p>}
      <Line label={t("configurations.note")} value={note} maxLength={500} />
    </Ask>
  );
}
