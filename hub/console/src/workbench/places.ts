// Where a rule can be looked at: a rule's name in, devices, circuits, zones or cameras with their names and grids out.
import { get } from "../api/http";
import { useResource } from "../ui/resource";

export interface Place {
  id: string;
  name: string;
  grid: string;
}

interface CameraOf {
  id: string;
  name?: string;
  grid: string;
  zones: { id: string; name?: string; dwell_s?: number | null }[];
}

interface DeviceOf {
  id: string;
  properties: { kind: string; name: string; grid: string; circuit: string | null };
}

const NOWHERE: { places: Place[]; cameras: CameraOf[] } = { places: [], cameras: [] };
const NAMES_AT_ONCE = 100;

/** Read the places of a rule's domain, each with its name. */
export function usePlaces(rule: string): { places: Place[]; cameras: CameraOf[] } {
  const domain = rule.split(".")[0] ?? "";
  const found = useResource(
    (signal) =>
      !domain
        ? Promise.resolve(NOWHERE)
        : ["parking", "stall", "camera"].includes(domain)
          ? seen(domain, signal)
          : measured(domain, signal),
    [domain],
  );
  return found.value ?? NOWHERE;
}

async function seen(domain: string, signal: AbortSignal): Promise<typeof NOWHERE> {
  const { items } = await get<{ items: CameraOf[] }>("cameras", { signal });
  const places = items.flatMap((camera) => [
    ...(domain === "camera"
      ? []
      : camera.zones.map((zone) => placed(zone.id, zone.name || camera.name || "", camera.grid))),
    placed(camera.id, camera.name ?? "", camera.grid),
  ]);
  return { places, cameras: items };
}

/** The city's geography has every device in one answer, however many there are. */
async function measured(domain: string, signal: AbortSignal): Promise<typeof NOWHERE> {
  const { devices } = await get<{ devices: { features: DeviceOf[] } }>("geography", { signal });
  const every = ["device", "sensor"].includes(domain); // rules on whatever reports
  const some = devices.features.filter(({ properties }) => every || properties.kind === domain);
  const circuits = new Map<string, string>();
  if (domain === "streetlight")
    for (const { properties } of some) if (properties.circuit) circuits.set(properties.circuit, properties.grid);
  const names = await namesOf([...circuits.keys()], signal);
  return {
    places: [
      ...[...circuits].map(([id, grid]) => placed(id, names[id] ?? "", grid)),
      ...some.map(({ id, properties }) => placed(id, properties.name, properties.grid)),
    ],
    cameras: [],
  };
}

async function namesOf(ids: readonly string[], signal: AbortSignal): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (let at = 0; at < ids.length; at += NAMES_AT_ONCE) {
    const query = { subject: ids.slice(at, at + NAMES_AT_ONCE) };
    Object.assign(found, (await get<{ names: Record<string, string> }>("names", { query, signal })).names);
  }
  return found;
}

function placed(id: string, name: string, grid: string): Place {
  return { id, name: name !== id ? name : "", grid };
}

/** Return the places that `text` names, those first whose id or name begins with it. Pure. */
export function placesNamed(places: readonly Place[], text: string): Place[] {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return [...places];
  const rank = ({ id, name }: Place) => {
    const both = [id.toLowerCase(), name.toLowerCase()];
    if (both.includes(wanted)) return 0;
    if (both.some((one) => one.startsWith(wanted))) return 1;
    return both.some((one) => one.includes(wanted)) ? 2 : 3;
  };
  return places
    .map((place) => ({ place, rank: rank(place) }))
    .filter((one) => one.rank < 3)
    .sort((a, b) => a.rank - b.rank)
    .map((one) => one.place);
}
