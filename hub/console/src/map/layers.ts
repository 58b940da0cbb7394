// Which layers of the map are shown, remembered in this browser.
import { signal } from "@preact/signals";

const STORED = "lianqin.map.layers";

export const DEVICE_KINDS = ["water", "drainage", "gas", "streetlight", "gateway"] as const;
/** Colours of the theme by what is painted in them. */
export const TONES: Readonly<Record<string, string>> = {
  water: "map-water-dot",
  drainage: "map-drainage-dot",
  gas: "map-gas-dot",
  streetlight: "map-lamp-dot",
  gateway: "dim",
  camera: "accent",
  incident: "critical",
};
const USUAL = ["incident", "camera", "water", "drainage", "gas", "streetlight", "gateway"];

function stored(): string[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(STORED) ?? "null");
    return Array.isArray(found) ? found.filter((one) => USUAL.includes(one)) : USUAL;
  } catch {
    return USUAL;
  }
}

export const layers = signal<ReadonlySet<string>>(new Set(stored()));

/** Show a layer, or hide it. */
export function turn(name: string): void {
  const next = new Set(layers.value);
  if (!next.delete(name)) next.add(name);
  layers.value = next;
  localStorage.setItem(STORED, JSON.stringify([...next]));
}
