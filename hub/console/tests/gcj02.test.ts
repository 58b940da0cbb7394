import { describe, expect, it } from "vitest";
import { fromGcj02, isShifted, type LngLat, toGcj02 } from "../src/map/gcj02";

/** Metres between two positions that are near one another. */
function apart([lng1, lat1]: LngLat, [lng2, lat2]: LngLat): number {
  const north = (lat2 - lat1) * 111_195;
  const east = (lng2 - lng1) * 111_195 * Math.cos((lat1 * Math.PI) / 180);
  return Math.hypot(north, east);
}

// What every public implementation of the formula gives for Shanghai, Shenzhen and Beijing.
const KNOWN: [LngLat, LngLat][] = [
  [
    [121.5272106, 31.1774276],
    [121.531541859215, 31.17530398364597],
  ],
  [
    [113.912316, 22.543847],
    [113.9171764808363, 22.540796131694766],
  ],
  [
    [116.377817, 39.911954],
    [116.38404722455657, 39.91334545536069],
  ],
];

describe("GCJ-02", () => {
  it("shifts known places to where they are known to lie", () => {
    for (const [from, to] of KNOWN) {
      const found = toGcj02(from);
      expect(found[0]).toBeCloseTo(to[0], 9);
      expect(found[1]).toBeCloseTo(to[1], 9);
      expect(apart(from, found)).toBeGreaterThan(100);
      expect(apart(from, found)).toBeLessThan(1000);
    }
  });

  it("comes back to the same place within a centimetre, all over the country", () => {
    for (let lng = 74; lng <= 134; lng += 3.7)
      for (let lat = 19; lat <= 53; lat += 2.9)
        expect(apart([lng, lat], fromGcj02(toGcj02([lng, lat]))), `${lng} ${lat}`).toBeLessThan(0.01);
  });

  it("bends no street: two places near one another are shifted alike", () => {
    const [a, b]: LngLat[] = [
      [118.95, 29.63],
      [118.951, 29.631],
    ];
    if (!a || !b) throw new Error("two places");
    expect(Math.abs(apart(toGcj02(a), toGcj02(b)) - apart(a, b))).toBeLessThan(0.5);
  });

  it("leaves places alone to which the shift does not apply", () => {
    for (const place of [
      [13.4, 52.5],
      [-74, 40.7],
      [151.2, -33.9],
    ] as LngLat[]) {
      expect(isShifted(place)).toBe(false);
      expect(toGcj02(place)).toEqual(place);
      expect(fromGcj02(place)).toEqual(place);
    }
  });
});
