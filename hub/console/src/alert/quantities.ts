// What is measured, as people call it: a quantity's name in, its words and unit out. The name carries the unit.
import { language, words } from "../i18n";

const UNITS: Record<string, string> = {
  power_w: "W",
  voltage_v: "V",
  current_a: "A",
  dim_pct: "%",
  energy_kwh: "kWh",
  pressure_kpa: "kPa",
  flow_l_s: "L/s",
  turbidity_ntu: "NTU",
  chlorine_mg_l: "mg/L",
  level_m: "m",
  methane_pct_lel: "%LEL",
  gas_pressure_kpa: "kPa",
  battery_pct: "%",
  rssi_dbm: "dBm",
  decoded_fps: "fps",
  processed_fps: "fps",
  view_shift_pct: "%",
  view_lost_pct: "%",
  view_sharpness_pct: "%",
};

const ENDINGS: readonly [string, string][] = [
  ["_pct_lel", "%LEL"],
  ["_mg_l", "mg/L"],
  ["_l_s", "L/s"],
  ["_kpa", "kPa"],
  ["_ntu", "NTU"],
  ["_pct", "%"],
  ["_fps", "fps"],
  ["_ms", "ms"],
  ["_kwh", "kWh"],
  ["_w", "W"],
  ["_v", "V"],
  ["_m", "m"],
  ["_s", "s"],
];

/** Return the unit that a number's name ends with, "" without one. */
export function unitOf(name: string): string {
  return UNITS[name] ?? ENDINGS.find(([ending]) => name.endsWith(ending))?.[1] ?? "";
}

/** Return what the quantity is called. */
export function quantityName(name: string): string {
  return words(`alert.quantity.${name}`, name);
}

/** Return what a number of an alert's reason is called: "threshold" of "threshold_pct_lel". */
export function numberName(name: string): string {
  const known = words(`alert.number.${name}`, "");
  if (known) return known;
  const quantity = words(`alert.quantity.${name}`, "");
  if (quantity) return quantity;
  const ending = ENDINGS.find(([one]) => name.endsWith(one))?.[0] ?? "";
  const bare = ending ? name.slice(0, -ending.length) : name;
  return words(`alert.number.${bare}`, bare.replaceAll("_", " "));
}

/** Return what a finding rests on as people call it: "rising,first", or a quantity and what ails its sensor. */
export function causesName(causes: string): string {
  return causes
    .split(",")
    .map((cause) => {
      const [first = "", ...rest] = cause.split(" ");
      const named = words(`alert.quantity.${first}`, words(`alert.cause.${first}`, first));
      return [named, ...rest.map((one) => words(`alert.cause.${one}`, one))].join(" ");
    })
    .join(language.value === "zh" ? "、" : ", ");
}

/** Return why something is not online as people say it; what is no word of ours, as it was told. */
export function outageName(outage: string): string {
  return words(`alert.outage.${outage}`, outage);
}

/** Return a number as people read it: no more digits than tell something. */
export function figure(value: number): string {
  if (Number.isInteger(value)) return String(value);
  const digits = Math.abs(value) >= 100 ? 1 : Math.abs(value) >= 1 ? 2 : 3;
  return String(Number(value.toFixed(digits)));
}
