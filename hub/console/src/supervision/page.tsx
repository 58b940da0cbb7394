// Supervision (监察): per department, grid, category and month how cases were settled; bars, a table, and CSV.
import { useEffect } from "preact/hooks";
import { city, gridName, hubNow } from "../api/city";
import { get, url } from "../api/http";
import { categoryName, departmentName, needPlan } from "../api/plan";
import { number, percent } from "../health/figures";
import { type Key, t } from "../i18n";
import { go, place } from "../router";
import { Icon } from "../ui/Icon";
import { useResource } from "../ui/resource";
import { ScrollX } from "../ui/ScrollX";
import { Empty, Failed, Loading } from "../ui/states";
import { span } from "../ui/time";
import "./supervision.css";

interface Counts {
  filed: number;
  open: number;
  closed: number;
  on_time: number;
  overdue: number;
  reworked: number;
  reworks: number;
  suspended: number;
  recurred: number;
  handling_s: number | null;
  closing_s: number | null;
  score: number | null;
}

type Part = "department" | "grid" | "category" | "month";
type Group = Counts & Partial<Record<Part, string>>;

interface Supervision {
  from: string;
  to: string;
  by: Part[];
  items: Group[];
  total: Counts;
}

const PARTS: readonly Part[] = ["department", "grid", "category", "month"];
const PERIODS: readonly { days: number; words: Key }[] = [
  { days: 31, words: "supervision.month" },
  { days: 92, words: "supervision.quarter" },
  { days: 366, words: "supervision.year" },
];
const HOUR_MS = 3_600_000;

/** The hub's clock sets the period, so it must be known first. */
export default function SupervisionPage() {
  return city.value ? <Supervised /> : <Loading rows={8} />;
}

function Supervised() {
  const query = place.value.query;
  const days = Number(query.get("days")) || 31;
  const chosen = query.getAll("by").filter((part): part is Part => PARTS.includes(part as Part));
  const by = chosen.length > 0 ? chosen : (["department"] as Part[]);
  // Whole hours, so that the address of the CSV stays the same while one looks at the page.
  const to = Math.ceil(hubNow() / HOUR_MS) * HOUR_MS;
  const asked = { from: new Date(to - days * 24 * HOUR_MS).toISOString(), to: new Date(to).toISOString(), by };
  useEffect(() => void needPlan(), []);
  const found = useResource(
    (signal) => get<Supervision>("statistics/cases", { query: asked, signal }),
    [days, by.join()],
  );
  const show = (wanted: { days?: number; by?: readonly Part[] }) => {
    const next = new URLSearchParams({ days: String(wanted.days ?? days) });
    for (const part of wanted.by ?? by) next.append("by", part);
    go(`/supervision?${next}`, { replace: true });
  };
  const turn = (part: Part) => {
    const rest = by.filter((one) => one !== part);
    const next = rest.length < by.length ? rest : PARTS.filter((one) => by.includes(one) || one === part);
    if (next.length > 0) show({ by: next });
  };
  return (
    <div class="supervision">
      <header class="page-head">
        <div>
          <h1>{t("supervision.title")}</h1>
          <p class="dim">{t("supervision.about")}</p>
        </div>
        <div class="page-tools">
          <fieldset class="choices">
            <legend>{t("supervision.by")}</legend>
            {PARTS.map((part) => (
              <button
                key={part}
                type="button"
                class="button"
                aria-pressed={by.includes(part)}
                onClick={() => turn(part)}
              >
                {t(`supervision.by.${part}`)}
              </button>
            ))}
          </fieldset>
          <fieldset class="choices">
            <legend>{t("supervision.period")}</legend>
            {PERIODS.map((period) => (
              <button
                key={period.days}
                type="button"
                class="button"
                aria-pressed={period.days === days}
                onClick={() => show({ days: period.days })}
              >
                {t(period.words)}
              </button>
            ))}
          </fieldset>
          <a class="button" href={url("statistics/cases", { ...asked, format: "csv" })} download>
            <Icon name="download" size={16} />
            <span>{t("supervision.csv")}</span>
          </a>
        </div>
      </header>
      {found.value ? (
        found.value.total.filed === 0 ? (
          <Empty icon="chart" title={t("supervision.none")}>
            <p>{t("supervision.none-hint")}</p>
          </Empty>
        ) : (
          <Found found={found.value} />
        )
      ) : found.problem ? (
        <Failed problem={found.problem} again={found.again} />
      ) : (
        <Loading rows={8} />
      )}
    </div>
  );
}

function partName(part: Part, value: string): string {
  if (part === "grid") return gridName(value);
  if (part === "department") return departmentName(value) || t("supervision.not-dispatched");
  if (part === "category") return categoryName(value) || t("supervision.no-category");
  return value;
}

function groupName(group: Group, by: readonly Part[]): string {
  return by.map((part) => partName(part, group[part] ?? "")).join(" · ");
}

function running(counts: Counts): number {
  return Math.max(0, counts.filed - counts.on_time - counts.overdue);
}

function Found({ found }: { found: Supervision }) {
  const most = Math.max(1, ...found.items.map((group) => group.filed));
  const settled = found.total.on_time + found.total.overdue;
  return (
    <>
      <ul class="supervision-total">
        <Figure words="supervision.filed" value={number(found.total.filed)} />
        <Figure words="supervision.open" value={number(found.total.open)} />
        <Figure
          words="supervision.on-time"
          value={settled ? percent(found.total.on_time / settled) : "—"}
          about={`${number(found.total.on_time)} / ${number(settled)}`}
        />
        <Figure words="supervision.overdue" value={number(found.total.overdue)} bad={found.total.overdue > 0} />
        <Figure words="supervision.reworked" value={number(found.total.reworked)} />
        <Figure words="supervision.recurred" value={number(found.total.recurred)} />
        <Figure words="supervision.handling" value={duration(found.total.handling_s)} />
        <Figure words="supervision.closing" value={duration(found.total.closing_s)} />
        <Figure words="supervision.score" value={found.total.score === null ? "—" : number(found.total.score, 1)} />
      </ul>
      <section class="panel">
        <header>
          <h2>{t("supervision.chart")}</h2>
          <ul class="legend">
            <li class="on-time">{t("supervision.on-time")}</li>
            <li class="overdue">{t("supervision.overdue")}</li>
            <li class="running">{t("supervision.running")}</li>
          </ul>
        </header>
        <ol class="panel-content bars">
          {found.items.map((group) => (
            <Bars key={groupName(group, found.by)} group={group} name={groupName(group, found.by)} most={most} />
          ))}
        </ol>
      </section>
      <section class="panel">
        <ScrollX label={t("supervision.title")}>
          <Table found={found} />
        </ScrollX>
      </section>
    </>
  );
}

function Figure({ words, value, about, bad = false }: { words: Key; value: string; about?: string; bad?: boolean }) {
  return (
    <li class={bad ? "bad" : ""}>
      <span class="dim">{t(words)}</span>
      <strong>{value}</strong>
      {about && <small class="dim">{about}</small>}
    </li>
  );
}

function Bars({ group, name, most }: { group: Group; name: string; most: number }) {
  const about = t("supervision.bar", {
    name,
    on_time: group.on_time,
    overdue: group.overdue,
    running: running(group),
  });
  let x = 0;
  const part = (kind: string, count: number) => {
    const begin = x;
    x += (1000 * count) / most;
    return count > 0 && <rect key={kind} class={kind} x={begin} y={0} width={x - begin} height={10} />;
  };
  return (
    <li>
      <span class="ellipsis" title={name}>
        {name}
      </span>
      <svg viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" aria-label={about}>
        {part("on-time", group.on_time)}
        {part("overdue", group.overdue)}
        {part("running", running(group))}
      </svg>
      <strong>{number(group.filed)}</strong>
    </li>
  );
}

const COLUMNS: readonly { words: Key; show: (counts: Counts) => string }[] = [
  { words: "supervision.filed", show: (counts) => number(counts.filed) },
  { words: "supervision.closed", show: (counts) => number(counts.closed) },
  { words: "supervision.open", show: (counts) => number(counts.open) },
  { words: "supervision.on-time", show: (counts) => number(counts.on_time) },
  { words: "supervision.overdue", show: (counts) => number(counts.overdue) },
  { words: "supervision.reworked", show: (counts) => number(counts.reworked) },
  { words: "supervision.suspended", show: (counts) => number(counts.suspended) },
  { words: "supervision.recurred", show: (counts) => number(counts.recurred) },
  { words: "supervision.handling", show: (counts) => duration(counts.handling_s) },
  { words: "supervision.closing", show: (counts) => duration(counts.closing_s) },
  { words: "supervision.score", show: (counts) => (counts.score === null ? "—" : number(counts.score, 1)) },
];

function Table({ found }: { found: Supervision }) {
  return (
    <table class="table">
      <thead>
        <tr>
          {found.by.map((part) => (
            <th key={part}>{t(`supervision.by.${part}`)}</th>
          ))}
          {COLUMNS.map((column) => (
            <th key={column.words} class="number">
              {t(column.words)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {found.items.map((group) => (
          <tr key={groupName(group, found.by)}>
            {found.by.map((part) => (
              <td key={part} class="nowrap">
                {partName(part, group[part] ?? "")}
              </td>
            ))}
            {COLUMNS.map((column) => (
              <td key={column.words} class="number nowrap">
                {column.show(group)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th colSpan={found.by.length}>{t("supervision.total")}</th>
          {COLUMNS.map((column) => (
            <th key={column.words} class="number">
              {column.show(found.total)}
            </th>
          ))}
        </tr>
      </tfoot>
    </table>
  );
}

function duration(seconds: number | null): string {
  return seconds === null ? "—" : span(seconds * 1000);
}
