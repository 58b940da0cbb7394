// WGS-84 to GCJ-02 and back: pure. Positions are stored as WGS-84; map tiles of Chinese providers want GCJ-02.
//
// The series is the one that has been in public use since 2010 (the "EvilTransform" formula; ellipsoid of Krasovsky,
// 1940). The official one is not published: against it this is known to be off by a few metres at most, while without
// it everything lies 100 to 700 m beside its street. Outside the box in which the shift applies nothing is changed.
export type LngLat = readonly [lng: number, lat: number];

const AXIS_M = 6378245;
const ECCENTRICITY_2 = 0.006693421622965943;
const WEST = 72.004;
const EAST = 137.8347;
const SOUTH = 0.8293;
const NORTH = 55.8271;
const { PI, abs, sin, cos, sqrt } = Math;

/** Tell whether the shift applies: a box around China, as the formula has it. */
export function isShifted([lng, lat]: LngLat): boolean {
  return lng >= WEST && lng <= EAST && lat >= SOUTH && lat <= NORTH;
}

/** Sum of waves: each of so many metres, over so many degrees for half a wave. */
function waves(at: number, parts: readonly (readonly [metres: number, half: number])[]): number {
  return parts.reduce((sum, [metres, half]) => sum + metres * sin((at / half) * PI), 0);
}

const SHORT = [
  [20, 1 / 6],
  [20, 1 / 2],
] as const;

function shift([lng, lat]: LngLat): LngLat {
  const x = lng - 105;
  const y = lat - 35;
  const short = waves(x, SHORT);
  const northM =
    -100 +
    2 * x +
    3 * y +
    0.2 * y * y +
    0.1 * x * y +
    0.2 * sqrt(abs(x)) +
    (2 / 3) *
      (short +
        waves(y, [
          [20, 1],
          [40, 3],
          [160, 12],
          [320, 30],
        ]));
  const eastM =
    300 +
    x +
    2 * y +
    0.1 * x * x +
    0.1 * x * y +
    0.1 * sqrt(abs(x)) +
    (2 / 3) *
      (short +
        waves(x, [
          [20, 1],
          [40, 3],
          [150, 12],
          [300, 30],
        ]));
  const radians = (lat / 180) * PI;
  const bulge = 1 - ECCENTRICITY_2 * sin(radians) ** 2;
  const meridian = (AXIS_M * (1 - ECCENTRICITY_2)) / (bulge * sqrt(bulge));
  const parallel = (AXIS_M / sqrt(bulge)) * cos(radians);
  return [((eastM / parallel) * 180) / PI, ((northM / meridian) * 180) / PI];
}

/** Return where a WGS-84 position lies on a GCJ-02 map. */
export function toGcj02(at: LngLat): LngLat {
  if (!isShifted(at)) return at;
  const [east, north] = shift(at);
  return [at[0] + east, at[1] + north];
}

/** Return the WGS-84 position of a spot on a GCJ-02 map: exact to a centimetre, by repeated correction. */
export function fromGcj02(at: LngLat): LngLat {
  if (!isShifted(at)) return at;
  let [lng, lat] = at;
  for (let turn = 0; turn < 8; turn += 1) {
    const [east, north] = shift([lng, lat]);
    lng = at[0] - east;
    lat = at[1] - north;
  }
  return [lng, lat];
}
