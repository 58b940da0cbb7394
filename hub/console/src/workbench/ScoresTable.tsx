// Scores of what judges now beside those of what is tried, each with its interval and the labels it rests on.
import { words, t } from "../i18n";
import { said } from "../i18n/said";
import { number } from "../health/figures";
import { ESTIMATES, type EstimateName, type Scores } from "../tuning/documents";
import { figureOf, intervalOf, whyNot } from "../tuning/figures";
import { ScrollX } from "../ui/ScrollX";
import "./scores.css";

// What is told of cameras is told by the day, of devices by the month: the other stands for nothing here.
const OF_CAMERAS = /^(parking|stall|camera)\./;

const MORE_IS_BETTER: readonly EstimateName[] = ["precision", "recall", "f1"];

interface ScoresProps {
  rule: string;
  base: Scores | null;
  tried: Scores | null;
  /** Whether there is an answer at all. */
  judged: boolean;
  raised: { base: number | null; tried: number | null };
  stale: boolean;
}

export function ScoresTable({ rule, base, tried, judged, raised, stale }: ScoresProps) {
  const told = tried ?? base;
  if (!judged) return null;
  if (!told) return <p class="dim">{t("tuning.no-scores")}</p>;
  const shown = ESTIMATES.filter(
    (name) =>
      (base?.[name] || tried?.[name]) &&
      name !== (OF_CAMERAS.test(rule) ? "false_per_device_month" : "false_per_camera_day"),
  );
  return (
    <div class={stale ? "stale" : ""} aria-busy={stale}>
      {!told.enough && <p class="notice scores-why">{whyNot(told) || t("tuning.too-few", { ...told.labels })}</p>}
      <ScrollX label={t("tuning.scores")}>
        <table class="table scores">
          <thead>
            <tr>
              <th>{t("tuning.score")}</th>
              <th class="number">{t("tuning.now")}</th>
              {tried && <th class="number">{t("tuning.tried")}</th>}
            </tr>
          </thead>
          <tbody>
            <tr>
              <td>{t("tuning.raised")}</td>
              <td class="number">{raised.base === null ? "—" : number(raised.base)}</td>
              {tried && (
                <td class="number">
                  <b>{raised.tried === null ? "—" : number(raised.tried)}</b>
                </td>
              )}
            </tr>
            {shown.map((name) => (
              <tr key={name}>
                <td title={words(`tuning.score.${name}.about`, "")}>{words(`tuning.score.${name}`)}</td>
                <Figure name={name} scores={base} other={null} />
                {tried && <Figure name={name} scores={tried} other={base} />}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollX>
      <p class="field-hint">
        {t("tuning.counts", { ...told.labels })} · {t("tuning.intervals")}
        {told.isa_limit && ` · ${t("tuning.isa", { ...told.isa_limit })}`}
      </p>
    </div>
  );
}

function Figure({ name, scores, other }: { name: EstimateName; scores: Scores | null; other: Scores | null }) {
  const estimate = scores?.[name];
  const before = other?.[name]?.value;
  const now = estimate?.value;
  let tone = "";
  if (before !== null && before !== undefined && now !== null && now !== undefined && Math.abs(now - before) > 1e-9)
    tone = now > before === MORE_IS_BETTER.includes(name) ? "better" : "worse";
  return (
    <td class={`number ${tone}`}>
      <b title={estimate ? said(estimate.why_not ?? "") || t("tuning.of-labels", { n: estimate.n }) : undefined}>
        {figureOf(name, now)}
      </b>
      {tone && <span class="visually-hidden"> {t(tone === "better" ? "tuning.better" : "tuning.worse")}</span>}
      <span class="scores-interval dim">{intervalOf(name, estimate)}</span>
    </td>
  );
}
