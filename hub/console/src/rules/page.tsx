// Every rule with its thresholds, or one of them: what is judged, with which numbers, and where they come from.
import { rules as cards, ruleTitle } from "../api/city";
import { get } from "../api/http";
import { may } from "../api/session";
import { SEVERITIES, type Severity } from "../api/types";
import { language, t, words } from "../i18n";
import { href } from "../router";
import type { PageProps } from "../routes";
import { workOn } from "../tuning/address";
import { useResource } from "../ui/resource";
import { ScrollX } from "../ui/ScrollX";
import { SeverityMark } from "../ui/Severity";
import { Empty, Failed, Loading } from "../ui/states";
import { span } from "../ui/time";
import "./rules.css";

const UNITLESS = new Set(["yes or no", "severity", "names"]); // the value says it all

type Value = number | string | boolean | null;

interface Threshold {
  path: string;
  value: Value;
  default: Value;
  unit: string;
  low: number | null;
  high: number | null;
  meaning: string;
  meaning_zh: string;
  source: string;
  source_zh: string;
}

interface RuleDocument {
  rule: string;
  meaning: string;
  meaning_zh: string;
  enabled: boolean;
  severity: Severity;
  thresholds: Threshold[];
}

export default function RulesPage({ parameters }: PageProps) {
  const wanted = parameters["rule"];
  const found = useResource((signal) => get<{ items: RuleDocument[] }>("rules", { signal }), []);
  if (!found.value)
    return found.problem ? <Failed problem={found.problem} again={found.again} /> : <Loading rows={8} />;
  const shown = found.value.items.filter((rule) => !wanted || rule.rule === wanted);
  return (
    <div class="rules-page">
      <header class="rules-head">
        <h1>{t("rules.title")}</h1>
        <p class="dim">{t("rules.about")}</p>
        {wanted && <a href={href("/rules")}>{t("rules.all")}</a>}
      </header>
      {shown.length === 0 && <Empty icon="search" title={t("rules.none", { rule: wanted ?? "" })} />}
      {shown.map((rule) => (
        <RulePanel key={rule.rule} rule={rule} />
      ))}
    </div>
  );
}

function RulePanel({ rule }: { rule: RuleDocument }) {
  const chinese = language.value === "zh";
  const guidance = cards.value.get(rule.rule);
  const changed = rule.thresholds.some((threshold) => threshold.value !== threshold.default);
  return (
    <section class="panel">
      <header>
        <h2>
          <a href={href(`/rules/${rule.rule}`)}>{ruleTitle(rule.rule)}</a> <span class="dim mono">{rule.rule}</span>
        </h2>
        {!rule.enabled && <span class="tag warn">{t("rules.off")}</span>}
        {changed && <span class="tag accent">{t("rules.changed")}</span>}
        <SeverityMark severity={rule.severity} />
        {may("tune:write") && <a href={href(workOn(rule.rule, ""))}>{t("tuning.tune")}</a>}
      </header>
      <div class="panel-content">
        <p>{chinese ? rule.meaning_zh : rule.meaning}</p>
        {guidance && (
          <dl class="rules-guidance">
            <dt>{t("rules.consequence")}</dt>
            <dd>{guidance.consequence[language.value]}</dd>
            <dt>{t("rules.action")}</dt>
            <dd>{guidance.action[language.value]}</dd>
            <dt>{t("rules.respond")}</dt>
            <dd>{span(guidance.respond_within_s * 1000)}</dd>
          </dl>
        )}
        {rule.thresholds.length > 0 && (
          <ScrollX label={ruleTitle(rule.rule)}>
            <table class="table">
              <thead>
                <tr>
                  <th>{t("rules.threshold")}</th>
                  <th class="number">{t("rules.value")}</th>
                  <th class="number">{t("rules.default")}</th>
                  <th class="number">{t("rules.range")}</th>
                  <th>{t("rules.source")}</th>
                </tr>
              </thead>
              <tbody>
                {rule.thresholds.map((threshold) => (
                  <tr key={threshold.path}>
                    <td>
                      <span class="mono">{threshold.path.slice(rule.rule.length + 1)}</span>
                      <p class="dim">{chinese ? threshold.meaning_zh : threshold.meaning}</p>
                    </td>
                    <td class="number">
                      <b class={threshold.value === threshold.default ? "" : "rules-changed"}>
                        {show(threshold.value)}
                      </b>{" "}
                      <span class="dim">
                        {UNITLESS.has(threshold.unit) ? "" : words(`tuning.unit.${threshold.unit}`, threshold.unit)}
                      </span>
                    </td>
                    <td class="number dim">{show(threshold.default)}</td>
                    <td class="number dim nowrap">
                      {threshold.low !== null || threshold.high !== null
                        ? `${show(threshold.low)} – ${show(threshold.high)}`
                        : "—"}
                    </td>
                    <td class="dim">{chinese ? threshold.source_zh : threshold.source}</td>
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

function show(value: Value): string {
  if (value === null) return "—";
  if (typeof value === "string" && SEVERITIES.includes(value as Severity)) return words(`ui.severity.${value}`);
  if (typeof value === "boolean") return t(value ? "rules.yes" : "rules.no");
  return String(value);
}
