// One version: what it changes, as paths and as text; and to apply it, to do so later, to let it run along, to take it as a file.
import { useSignal } from "@preact/signals";
import { hubNow } from "../api/city";
import { get, post, url } from "../api/http";
import { t } from "../i18n";
import { href } from "../router";
import type { PageProps } from "../routes";
import { valueOf } from "../tuning/figures";
import { mayTune, TuningHead } from "../tuning/Tabs";
import { Ask } from "../ui/Ask";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { Line } from "../ui/inputs";
import { fromLocal, toLocal } from "../ui/localTime";
import { useResource } from "../ui/resource";
import { ScrollX } from "../ui/ScrollX";
import { Empty, Failed, Loading } from "../ui/states";
import { Time } from "../ui/Time";
import { refused, told } from "../ui/toast";
import { kindOf, planOf, type Version, type VersionDiff, type VersionList } from "./documents";
import { Applied, authorOf, RollBack, State } from "./page";
import "./configurations.css";

type Question = "apply" | "schedule" | "rollback" | null;
const HOUR_MS = 3_600_000;

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
  const unschedule = async () => {
    try {
      await post(`configurations/${id}/unschedule`, { schedule: plan?.schedule });
      told(t("configurations.unscheduled"));
      again();
    } catch (error) {
      refused(error);
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
        <a class="button" href={url(`configurations/${id}/export`)} download={`detectors-${id}.yaml`}>
          <Icon name="download" size={16} />
          <span>{t("configurations.export")}</span>
        </a>
      </TuningHead>
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
          <div>
            <dt>{t("configurations.applied")}</dt>
            <dd>
              <Applied version={version} />
            </dd>
          </div>
        </dl>
        {mayTune() && (
          <div class="configuration-do">
            {!version.in_force && (
              <Button
                kind="primary"
                icon="check"
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
            {version.in_force && list.value?.items.some((one) => !one.in_force && one.applied.length > 0) && (
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
          {diff.problem && <p class="field-error">{diff.problem.detail}</p>}
          {base && !diff.value && diff.loading && <Loading rows={3} />}
          {diff.value && <Changes diff={diff.value} />}
        </div>
      </section>
      {asking.value === "apply" && <Apply id={id} effect={effect} inForce={inForce} onClose={close} onDone={again} />}
      {asking.value === "schedule" && <Schedule id={id} onClose={close} onDone={again} />}
      {asking.value === "rollback" && <RollBack current={id} onClose={close} onDone={again} />}
    </div>
  );
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
                  <td class="mono">{one.path}</td>
                  <td class="number dim">{valueOf(one.before)}</td>
                  <td class="number">
                    <b>{valueOf(one.after)}</b> <span class="dim">{one.unit}</span>
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

interface ActionProps {
  id: string;
  onClose: () => void;
  onDone: () => void;
}

function Apply({ id, effect, inForce, onClose, onDone }: ActionProps & { effect: string; inForce: string }) {
  const note = useSignal("");
  const wrong = useSignal<string | null>(null);
  return (
    <Ask
      title={t("configurations.apply-ask", { version: id })}
      does={t("configurations.apply")}
      onClose={onClose}
      run={async () => {
        wrong.value = note.value.trim() ? null : t("tuning.note-needed");
        if (wrong.value) return false;
        await post(`configurations/${id}/apply`, { note: note.value.trim() }, { revision: inForce });
        told(t("configurations.applied-now"));
        onDone();
        return true;
      }}
    >
      <p>{t("configurations.apply-about")}</p>
      {effect && (
        <p>
          <a href={href(effect)} onClick={onClose}>
            {t("configurations.effect")}
          </a>
        </p>
      )}
      <Line label={t("configurations.note")} value={note} maxLength={500} error={wrong.value} />
    </Ask>
  );
}

function Schedule({ id, onClose, onDone }: ActionProps) {
  const at = useSignal(toLocal(Math.ceil(hubNow() / HOUR_MS) * HOUR_MS + HOUR_MS));
  const note = useSignal("");
  const wrong = useSignal<string | null>(null);
  return (
    <Ask
      title={t("configurations.schedule")}
      does={t("configurations.schedule")}
      onClose={onClose}
      run={async () => {
        const when = fromLocal(at.value);
        wrong.value = when === null || when <= hubNow() ? t("configurations.future") : null;
        if (wrong.value || when === null) return false;
        await post(`configurations/${id}/schedule`, { at: new Date(when).toISOString(), note: note.value.trim() });
        told(t("configurations.scheduled-for"));
        onDone();
        return true;
      }}
    >
      <p>{t("configurations.schedule-about")}</p>
      <Line label={t("configurations.when")} type="datetime-local" value={at} required error={wrong.value} />
      <Line label={t("configurations.note")} value={note} maxLength={500} />
    </Ask>
  );
}
