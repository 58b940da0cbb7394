// What is usual at each hour of the week as a table: painted for the eye, and read cell by cell by a screen reader.
import { figure, quantityName } from "../alert/quantities";
import { t } from "../i18n";
import { ScrollX } from "../ui/ScrollX";
import { byHour, type Cell, cellWords, dayName, heat } from "./documents";

interface HeatProps {
  cells: readonly (Cell | null)[];
  quantity: string;
  unit: string;
}

export function Heat({ cells, quantity, unit }: HeatProps) {
  const strength = heat(cells);
  const title = t("baselines.heat", { quantity: quantityName(quantity), unit });
  return (
    <ScrollX label={title}>
      <table class="heat">
        <caption>{title}</caption>
        <thead>
          <tr>
            <th scope="col">{t("baselines.hour")}</th>
            {Array.from({ length: 7 }, (_, day) => (
              <th key={day} scope="col">
                {dayName(day)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {byHour(cells).map((row, hour) => (
            <tr key={hour}>
              <th scope="row">{String(hour).padStart(2, "0")}:00</th>
              {row.map((cell, day) =>
                cell ? (
                  <td
                    key={day}
                    style={{ "--heat": `${Math.round(strength(cell.median) * 42)}%` }}
                    title={t("baselines.cell", {
                      hour: cellWords(day * 24 + hour),
                      low: figure(cell.low),
                      high: figure(cell.high),
                      unit,
                      n: cell.n,
                    })}
                  >
                    {figure(cell.median)}
                  </td>
                ) : (
                  <td
                    key={day}
                    class="unlearnt"
                    title={t("baselines.cell-unlearnt", { hour: cellWords(day * 24 + hour) })}
                  >
                    <span aria-hidden="true">·</span>
                    <span class="visually-hidden">{t("baselines.not-learnt")}</span>
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollX>
  );
}
