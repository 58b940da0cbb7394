// One version: what it changes, as paths and as text; and to apply it, to do so later, to let it run along, to take it as a file.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get, post, url } from "../api/http";
import { language, t, words } from "../i18n";
import { said } from "../i18n/said";
import { href } from "../router";
import type { PageProps } from "../routes";
import { valueOf } from "../tuning/figures";
import { mayTune, TuningHead } from "../tuning/Tabs";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { useResource } from "../ui/resource";
import { ScrollX } from "../ui/ScrollX";
import { Empty, Failed, Loading, problemText } from "../ui/states";
import { Time } from "../ui/Time";
import { refused, told } from "../ui/toast";
import {
  authorOf,
  type ChangedPath,
  kindOf,
  planOf,
  type Version,
  type VersionDiff,
  type VersionList,
} from "./documents";
import { Apply, RollBack, Schedule } from "./actions";
import { NotWritable, State } from "./page";
import { thresholdName } from "../workbench/tunables";
import "./configurations.css";

type Question = "apply" | "schedule" | "rollback" | null;
const AGAIN_MS = 10_000;

export default function ConfigurationPage({ parameters }: PageProps) {
  const id = parameters["id"] ?? "";
  const asking = useSignal<Question>(null);
  const against = useSignal("");
  const found = useResource((signal) => get<Version>(`configurations/${id}`, { signal }), [id]);
  const list = useResource((signal) => get<VersionList>("configurations", { signal }), [id]);
  const version = found.value;
  const current = list.value?.items.find((one) => one.in_force) ?? null;
  const base = against.value || (version && !version.in_force && current ? current.version : version?.parent) || "";
  const diff = useResource(
    (signal) =>
      version && base && base !== id
        ? get<VersionDiff>(`configurations/${base}/diff/${id}`, { signal })
        : Promise.resolve(null),
    [id, base, version?.version],
  );
  const isPlanned = version !== null && planOf(version) !== null;
  useEffect(() => {
    if (!isPlanned) return;
    // It is applied by itself, and the page should say so then.
    const timer = setInterval(() => {
      if (document.hidden) return;
      found.again();
      list.again();
    }, AGAIN_MS);
    return () => clearInterval(timer);
  }, [isPlanned, id]);
  if (!version)
    return found.problem?.kind === "not-found" ? (
      <Empty icon="search" title={t("configurations.not-found", { version: id })}>
        <a class="button" href={href("/configurations")}>
          {t("configurations.title")}
        </a>
      </Empty>
    ) : found.problem ? (
      <Failed problem={found.problem} again={found.again} />
    ) : (
      <Loading />
    );
  const again = () => {
    found.again();
    list.again();
  };
  const plan = planOf(version);
  const inForce = list.value?.in_force ?? "";
  const back = list.value?.roll_back_to ?? "";
  const unschedule = async () => {
    try {
      await post(`configurations/${id}/unschedule`, { schedule: plan?.schedule });
      told(t("configurations.unscheduled"));
    } catch (error) {
      refused(error);
    } finally {
      again(); // also where it was applied a moment before
    }
  };
  const close = () => {
    asking.value = null;
  };
  const [rule] = diff.value?.changes[0]?.path.match(/^\w+\.\w+/) ?? [];
  const effect = rule
    ? `/tuning/work?${new URLSearchParams([["rule", rule], ...(diff.value?.changes ?? []).flatMap((one) => (one.path.startsWith(`${rule}.`) ? [["set", `${one.path}=${JSON.stringify(one.after)}`]] : []))])}`
    : "";
  return (
    <div class="column configuration">
      <TuningHead
        title={`${t("configurations.version")} ${version.version}`}
        about={version.note || t("configurations.no-note")}
      >
        <State version={version} />
        <a class="button" href={url(`configurations/${id}/export`)} download={`detectors.${version.version}.yaml`}>
          <Icon name="download" size={16} />
          <span>{t("configurations.export")}</span>
        </a>
      </TuningHead>
      <NotWritable list={list.value} />
      <section class="panel">
        <dl class="panel-content configuration-facts">
          <div>
            <dt>{t("configurations.author")}</dt>
            <dd>{authorOf(version.author)}</dd>
          </div>
          <div>
            <dt>{t("configurations.stored")}</dt>
            <dd>
              <Time at={version.stored_at} as="full" />
            </dd>
          </div>
          <div>
            <dt>{t("configurations.parent")}</dt>
            <dd>
              {version.parent ? (
                <a class="mono" href={href(`/configurations/${version.parent}`)}>
                  {version.parent}
                </a>
              ) : (
                "—"
              )}
            </dd>
          </div>
          {version.config_versions.length > 0 && (
            <div>
              <dt>{t("configurations.named")}</dt>
              <dd class="mono configuration-hash">{version.config_versions.join(" ")}</dd>
            </div>
          )}
          {version.overrides.length > 0 && (
            <div>
              <dt>{t("configurations.overrides")}</dt>
              <dd>{version.overrides.join("、")}</dd>
            </div>
          )}
          {version.brought_by && version.brought_by !== version.author && (
            <div>
              <dt>{t("configurations.brought-by")}</dt>
              <dd>{version.brought_by}</dd>
            </div>
          )}
        </dl>
        {mayTune() && (
          <div class="configuration-do">
            {!version.in_force && (
              <Button
                kind="primary"
                icon="check"
                disabled={!inForce || list.value?.writable === false}
                onClick={() => {
                  asking.value = "apply";
                }}
              >
                {t("configurations.apply")}
              </Button>
            )}
            {!version.in_force && !plan && (
              <Button
                icon="clock"
                onClick={() => {
                  asking.value = "schedule";
                }}
              >
                {t("configurations.schedule")}
              </Button>
            )}
            {plan && <Button onClick={() => void unschedule()}>{t("configurations.unschedule")}</Button>}
            {!version.in_force && (
              <a class="button" href={href(`/tuning/shadows?version=${id}`)}>
                <Icon name="layers" size={16} />
                <span>{t("configurations.shadow")}</span>
              </a>
            )}
            {version.in_force && back && (
              <Button
                kind="danger"
                icon="undo"
                onClick={() => {
                  asking.value = "rollback";
                }}
              >
                {t("configurations.rollback")}
              </Button>
            )}
            {effect && (
              <a class="button" href={href(effect)}>
                <Icon name="sliders" size={16} />
                <span>{t("configurations.effect")}</span>
              </a>
            )}
          </div>
        )}
      </section>
      <section class="panel" aria-label={t("configurations.changes")}>
        <header>
          <h2>{t("configurations.changes")}</h2>
          <label class="against">
            <span class="dim">{t("configurations.against")}</span>
            <select
              value={base}
              onChange={(event) => {
                against.value = event.currentTarget.value;
              }}
            >
              {!base && <option value="">—</option>}
              {(list.value?.items ?? [])
                .filter((one) => one.version !== id)
                .map((one) => (
                  <option key={one.version} value={one.version}>
                    {one.version} {one.in_force ? `(${t("configurations.current")})` : one.note}
                  </option>
                ))}
            </select>
          </label>
        </header>
        <div class="panel-content">
          {!base && <p class="dim">{t("configurations.first")}</p>}
          {diff.problem && <p class="field-error">{problemText(diff.problem)}</p>}
          {base && !diff.value && diff.loading && <Loading rows={3} />}
          {diff.value && <Changes diff={diff.value} />}
        </div>
      </section>
      <History version={version} />
      {asking.value === "apply" && (
        <Apply
          id={id}
          effect={effect}
          inForce={inForce}
          compare={(other) => {
            against.value = other;
            close();
          }}
          onClose={close}
          onDone={again}
        />
      )}
      {asking.value === "schedule" && <Schedule id={id} onClose={close} onDone={again} />}
      {asking.value === "rollback" && <RollBack current={id} to={back} onClose={close} onDone={again} />}
    </div>
  );
}

/** What people call the threshold; of an override also its name, which stands in the path. */
function nameOf(change: ChangedPath): string {
  return thresholdName(change.override ? change.path.replace(/^overrides\[.*?\]\.?/, "") : change.path);
}

function Changes({ diff }: { diff: VersionDiff }) {
  if (diff.changes.length === 0 && diff.lines.length === 0) return <p class="dim">{t("configurations.same")}</p>;
  return (
    <>
      {diff.changes.length > 0 && (
        <ScrollX label={t("configurations.changes")}>
          <table class="table changes">
            <thead>
              <tr>
                <th>{t("configurations.path")}</th>
                <th class="number">{t("configurations.before")}</th>
                <th class="number">{t("configurations.after")}</th>
              </tr>
            </thead>
            <tbody>
              {diff.changes.map((one) => (
                <tr key={one.path}>
                  <td title={language.value === "zh" ? said(one.meaning_zh) : one.meaning}>
                    {nameOf(one)} <span class="mono dim">{one.path}</span>
                  </td>
                  <td class="number dim">{valueOf(one.before)}</td>
                  <td class="number">
                    <b>{valueOf(one.after)}</b> <span class="dim">{words(`tuning.unit.${one.unit}`, one.unit)}</span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollX>
      )}
      {diff.lines.length > 0 && (
        <ScrollX label={t("configurations.as-text")}>
          <pre class="lines">
            {diff.lines.map((line, index) => (
              <span key={index} class={kindOf(line)}>
                {line || " "}
                {"\n"}
              </span>
            ))}
          </pre>
        </ScrollX>
      )}
    </>
  );
}

/** When it was in force and how that came about, and what was planned and became of it. */
function History({ version }: { version: Version }) {
  const plans = version.planned.filter((one) => one.state !== "applied");
  return (
    <section class="panel configuration-history" aria-label={t("configurations.history")}>
      <header>
        <h2>{t("configurations.history")}</h2>
      </header>
      {version.applied.length + plans.length === 0 ? (
        <p class="panel-content dim">{t("configurations.history-none")}</p>
      ) : (
        <ScrollX label={t("configurations.history")}>
          <table class="table cards">
            <thead>
              <tr>
                <th>{t("configurations.when")}</th>
                <th>{t("configurations.how")}</th>
                <th>{t("configurations.by")}</th>
                <th>{t("configurations.note")}</th>
              </tr>
            </thead>
            <tbody>
              {plans.map((one) => (
                <tr key={`plan ${one.schedule}`}>
                  <td class="nowrap">
                    <Time at={one.at} as="full" />
                  </td>
                  <td>
                    <span class={`tag ${one.state === "waiting" ? "warn" : one.state === "withdrawn" ? "" : "bad"}`}>
                      {t(`configurations.plan.${one.state as "waiting" | "refused" | "missed" | "withdrawn"}`)}
                    </span>
                    {one.why && <p class="dim">{said(one.why)}</p>}
                  </td>
                  <td>{one.by}</td>
                  <td>{one.note || "—"}</td>
                </tr>
              ))}
              {version.applied.map((one) => (
                <tr key={one.since}>
                  <td class="nowrap">
                    <Time at={one.since} as="full" /> –{" "}
                    {one.until ? <Time at={one.until} as="full" /> : t("configurations.until-now")}
                  </td>
                  <td>{words(`configurations.how.${one.how}`, one.how)}</td>
                  <td>{authorOf(one.by)}</td>
                  <td>{one.note || "—"}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollX>
      )}
    </section>
  );
}
