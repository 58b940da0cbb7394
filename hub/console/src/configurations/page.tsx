// Every version of the thresholds: who made it and why, when it judged; what counts for one device, and a file in or out.
import { useSignal } from "@preact/signals";
import { get, post } from "../api/http";
import { t } from "../i18n";
import { said } from "../i18n/said";
import { go, href, place } from "../router";
import { fromOf } from "../workbench/Sliders";
import { type Inherited, originOf } from "../workbench/tunables";
import { valueOf } from "../tuning/figures";
import { mayTune, TuningHead } from "../tuning/Tabs";
import { Ask } from "../ui/Ask";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { Line } from "../ui/inputs";
import { Pager } from "../ui/Pager";
import { useResource } from "../ui/resource";
import { ScrollX } from "../ui/ScrollX";
import { Empty, Failed, Loading, problemText } from "../ui/states";
import { Time } from "../ui/Time";
import { told } from "../ui/toast";
import { RollBack } from "./actions";
import { authorOf, planOf, type Version, type VersionList } from "./documents";
import "./configurations.css";

export default function ConfigurationsPage() {
  const importing = useSignal(false);
  const back = useSignal(false);
  const cursor = place.value.query.get("cursor") ?? "";
  const found = useResource((signal) => get<VersionList>("configurations", { query: { cursor }, signal }), [cursor]);
  const items = found.value?.items ?? [];
  const before = found.value?.roll_back_to ?? "";
  return (
    <div class="column">
      <TuningHead title={t("configurations.title")} about={t("configurations.about")}>
        {mayTune() && (
          <>
            <Button
              icon="plus"
              onClick={() => {
                importing.value = true;
              }}
            >
              {t("configurations.import")}
            </Button>
            {before && (
              <Button
                kind="danger"
                icon="undo"
                onClick={() => {
                  back.value = true;
                }}
              >
                {t("configurations.rollback")}
              </Button>
            )}
          </>
        )}
      </TuningHead>
      <NotWritable list={found.value} />
      <section class="panel">
        {!found.value ? (
          found.problem ? (
            <Failed problem={found.problem} again={found.again} />
          ) : (
            <Loading rows={4} />
          )
        ) : items.length === 0 ? (
          <Empty icon="layers" title={t("configurations.none")}>
            <p>{t("configurations.none-hint")}</p>
            <a class="button" href={href("/tuning/work")}>
              {t("tuning.work")}
            </a>
          </Empty>
        ) : (
          <ScrollX label={t("configurations.title")}>
            <table class="table cards">
              <thead>
                <tr>
                  <th>{t("configurations.version")}</th>
                  <th>{t("configurations.note")}</th>
                  <th>{t("configurations.author")}</th>
                  <th>{t("configurations.stored")}</th>
                  <th>{t("configurations.applied")}</th>
                </tr>
              </thead>
              <tbody>
                {items.map((one) => (
                  <tr key={one.version}>
                    <td class="nowrap">
                      <a class="mono" href={href(`/configurations/${one.version}`)}>
                        {one.version}
                      </a>{" "}
                      <State version={one} />
                    </td>
                    <td>{one.note || <span class="dim">{t("configurations.no-note")}</span>}</td>
                    <td>{authorOf(one.author)}</td>
                    <td class="nowrap">
                      <Time at={one.stored_at} />
                    </td>
                    <td>
                      <Applied version={one} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </ScrollX>
        )}
        <Pager
          cursor={cursor}
          next={found.value?.next}
          words={{ first: t("tuning.first-page"), next: t("tuning.next-page") }}
          show={(next) => go(next ? `/configurations?${new URLSearchParams({ cursor: next })}` : "/configurations")}
        />
      </section>
      <Inheritance />
      {importing.value && (
        <Import
          known={items}
          onClose={() => {
            importing.value = false;
          }}
        />
      )}
      {back.value && found.value && (
        <RollBack
          current={found.value.in_force ?? ""}
          to={before}
          onDone={found.again}
          onClose={() => {
            back.value = false;
          }}
        />
      )}
    </div>
  );
}

/** Why nothing can be applied here, where that is so. */
export function NotWritable({ list }: { list: VersionList | null }) {
  if (!list || list.writable) return null;
  return (
    <p class="notice" role="status">
      <Icon name="warning" size={16} />
      {t("configurations.not-writable", { file: list.file, why: said(list.why_not_writable ?? "") })}
    </p>
  );
}

export function State({ version }: { version: Version }) {
  const plan = planOf(version);
  if (version.in_force) return <span class="tag good">{t("configurations.current")}</span>;
  if (plan)
    return (
      <span class="tag warn">
        <Icon name="clock" size={12} />
        {t("configurations.scheduled")} <Time at={plan.at} />
      </span>
    );
  const [last] = version.planned.toSorted((a, b) => b.schedule - a.schedule);
  if (last && (last.state === "refused" || last.state === "missed"))
    return (
      <span class="tag bad" title={said(last.why ?? "")}>
        {t(`configurations.plan.${last.state}`)}
      </span>
    );
  if (version.applied.length === 0) return <span class="tag">{t("configurations.proposed")}</span>;
  return null;
}

export function Applied({ version }: { version: Version }) {
  if (version.applied.length === 0) return <span class="dim">{t("configurations.never")}</span>;
  return (
    <ul class="applied">
      {version.applied.slice(0, 4).map((span) => (
        <li key={span.since}>
          <Time at={span.since} /> – {span.until ? <Time at={span.until} /> : t("configurations.until-now")}
        </li>
      ))}
    </ul>
  );
}

const MOST_CHARACTERS = 500_000;

function Import({ known, onClose }: { known: readonly Version[]; onClose: () => void }) {
  const note = useSignal("");
  const text = useSignal("");
  const wrong = useSignal<string | null>(null);
  return (
    <Ask
      title={t("configurations.import")}
      does={t("configurations.import")}
      onClose={onClose}
      run={async (isOpen) => {
        wrong.value = !text.value.trim()
          ? t("configurations.file-needed")
          : text.value.length > MOST_CHARACTERS
            ? t("configurations.file-large")
            : null;
        if (wrong.value) return false;
        const made = await post<{ version: string }>("configurations/import", {
          yaml: text.value,
          ...(note.value.trim() ? { note: note.value.trim() } : {}),
        });
        const isKnown = known.some((one) => one.version === made.version);
        told(t(isKnown ? "configurations.imported-known" : "configurations.imported", { version: made.version }));
        if (isOpen()) go(`/configurations/${made.version}`);
        return true;
      }}
    >
      <div class="field">
        <label for="import-file">{t("configurations.file")}</label>
        <input
          id="import-file"
          type="file"
          accept=".yaml,.yml"
          onChange={async (event) => {
            const file = event.currentTarget.files?.[0];
            text.value = (await file?.text()) ?? "";
          }}
        />
        {wrong.value && <p class="field-error">{wrong.value}</p>}
      </div>
      <Line label={t("configurations.note")} value={note} maxLength={500} />
      <p class="field-hint">{t("configurations.import-about")}</p>
    </Ask>
  );
}

/** What counts for one device, circuit, camera or zone, and where each value comes from. */
function Inheritance() {
  const subject = place.value.query.get("subject") ?? "";
  const typed = useSignal(subject);
  const all = useSignal(false);
  const found = useResource(
    (signal) =>
      subject
        ? get<{ items: Inherited[] }>("configurations/inheritance", { query: { subject }, signal })
        : Promise.resolve(null),
    [subject],
  );
  const items = (found.value?.items ?? []).filter((one) => all.value || originOf(one) !== "default");
  return (
    <section class="panel" aria-label={t("configurations.inheritance")}>
      <header>
        <h2>{t("configurations.inheritance")}</h2>
      </header>
      <div class="panel-content inheritance">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            go(`/configurations?${new URLSearchParams({ subject: typed.value.trim() })}`, { replace: true });
          }}
        >
          <Line label={t("configurations.subject")} value={typed} hint={t("configurations.subject-hint")} />
          <Button type="submit">{t("configurations.look")}</Button>
          {found.value && (
            <label class="toggle">
              <input
                type="checkbox"
                checked={all.value}
                onChange={(event) => {
                  all.value = event.currentTarget.checked;
                }}
              />
              {t("configurations.with-defaults")}
            </label>
          )}
        </form>
        {found.problem && <p class="field-error">{problemText(found.problem)}</p>}
        {found.value && items.length === 0 && <p class="dim">{t("configurations.all-defaults", { subject })}</p>}
        {items.length > 0 && (
          <ScrollX label={t("configurations.inheritance")}>
            <table class="table">
              <thead>
                <tr>
                  <th>{t("configurations.path")}</th>
                  <th class="number">{t("configurations.value")}</th>
                  <th>{t("configurations.from")}</th>
                </tr>
              </thead>
              <tbody>
                {items.map((one) => (
                  <tr key={one.path}>
                    <td class="mono">{one.path}</td>
                    <td class="number">
                      {valueOf(one.value)} <span class="dim">{one.unit}</span>
                    </td>
                    <td>
                      <span class={`tag ${originOf(one) === "default" ? "" : "accent"}`}>{fromOf(originOf(one))}</span>
                      {one.steps.length > 1 && (
                        <p class="dim">
                          {one.steps
                            .map(
                              (step) =>
                                `${fromOf(step.source === "override" ? step.name : step.source)} ${valueOf(step.value)}`,
                            )
                            .join(" → ")}
                        </p>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </ScrollX>
        )}
      </div>
    </section>
  );
}
