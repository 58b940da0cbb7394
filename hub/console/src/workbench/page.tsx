// The workbench: what a rule would have raised with other thresholds, beside what was raised and what people said was true.
import { useMemo, useRef } from "preact/hooks";
import { city, hubNow } from "../api/city";
import { get } from "../api/http";
import { t } from "../i18n";
import { go, href, place } from "../router";
import { readWork, type Work, writeWork } from "../tuning/address";
import type { RuleDocument } from "../tuning/documents";
import { TuningHead } from "../tuning/Tabs";
import { useResource } from "../ui/resource";
import { Empty, Failed, Loading } from "../ui/states";
import { Bench } from "./Bench";
import { Chooser } from "./Chooser";
import { usePlaces } from "./places";
import "./workbench.css";

export default function WorkPage() {
  return city.value ? <Workbench /> : <Loading rows={8} />;
}

function Workbench() {
  const query = place.value.query;
  // A span that the address leaves open is the day before now, and stays that while one works.
  const opened = useRef(Math.ceil(hubNow() / 60_000) * 60_000);
  const work = useMemo(() => readWork(query, opened.current), [query.toString()]);
  const rules = useResource((signal) => get<{ items: RuleDocument[] }>("rules", { signal }), []);
  const { places, cameras } = usePlaces(work.rule);
  const show = (next: Work) => go(writeWork(next), { replace: true });
  const rule = rules.value?.items.find((one) => one.rule === work.rule);
  return (
    <div class="workbench">
      <TuningHead title={t("tuning.work")} about={t("tuning.work-about")} />
      <Chooser work={work} rules={rules.value?.items ?? []} places={places} onChange={show} />
      {rules.problem && !rules.value ? (
        <Failed problem={rules.problem} again={rules.again} />
      ) : !rules.value ? (
        <Loading rows={6} />
      ) : !rule ? (
        <Empty icon="sliders" title={t("tuning.first-rule")}>
          <p>{t("tuning.first-rule-hint")}</p>
          <a class="button" href={href("/tuning")}>
            {t("tuning.bad-actors")}
          </a>
        </Empty>
      ) : (
        <Bench
          key={`${work.rule} ${work.subjects.join()} ${work.version}`}
          work={work}
          rule={rule}
          zones={cameras.flatMap((camera) => camera.zones)}
          places={places}
          show={show}
        />
      )}
    </div>
  );
}
