import { describe, expect, it } from "vitest";
import { differing } from "../src/workbench/differing";
import { type Line, linesOf, movedOf, NOTHING_MOVED, rangeOf } from "../src/workbench/limits";
import { type Place, placesNamed } from "../src/workbench/places";
import { type Change, untilOf } from "../src/workbench/review";

const force = (value: number): Line => ({ value, tone: "force", paired: false });

describe("lines of what a lane is held against", () => {
  const low = { name: "low", limit: 110, path: "water.pressure.low_kpa" };
  const high = { name: "high", limit: 600, path: "water.pressure.high_kpa" };
  const thresholds = [
    { path: low.path, value: 140 },
    { path: high.path, value: 600 },
  ];

  it("tells each as it is where nothing is moved", () => {
    expect(linesOf([low, high], NOTHING_MOVED)).toEqual([force(110), force(600)]);
  });

  it("draws a moved threshold twice, whichever of its values judged", () => {
    const moved = movedOf(thresholds, { "water.pressure.low_kpa": 110, "water.pressure.enabled": false });
    const both = [
      { value: 140, tone: "force", paired: true },
      { value: 110, tone: "tried", paired: true },
    ];
    expect(linesOf([low], moved)).toEqual(both);
    expect(linesOf([{ ...low, limit: 140 }], moved)).toEqual(both);
  });

  it("leaves alone what is only made from a threshold", () => {
    const moved = movedOf([{ path: "streetlight.burning.off_power_w", value: 5 }], {
      "streetlight.burning.off_power_w": 7,
    });
    expect(linesOf([{ name: "dark", limit: 9, path: "streetlight.burning.off_power_w" }], moved)).toEqual([force(9)]);
  });
});

describe("the range of a lane", () => {
  it("takes the line next to the values in, and leaves out what would press them flat", () => {
    expect(rangeOf([250, 262], [force(140), force(600)])).toEqual({ low: 140, high: 262 });
  });

  it("takes a second line in that is as near", () => {
    expect(rangeOf([1.8, 2.2], [force(1.5), force(2.5)])).toEqual({ low: 1.5, high: 2.5 });
  });

  it("always shows what is tried beside what counts", () => {
    const tried: Line = { value: 900, tone: "tried", paired: true };
    expect(rangeOf([250, 262], [force(240), tried])?.high).toBe(900);
  });

  it("has room for a flat line, and none where nothing was measured", () => {
    expect(rangeOf([3, 3], [])).toEqual({ low: 2, high: 4 });
    expect(rangeOf([], [])).toBeNull();
  });
});

describe("places by what is typed", () => {
  const places: Place[] = [
    { id: "lamp-2", name: "Wulin Road 2", grid: "01" },
    { id: "c-1", name: "Wulin Road", grid: "01" },
    { id: "water-1", name: "Canal pump house", grid: "02" },
  ];
  const ids = (text: string) => placesNamed(places, text).map((place) => place.id);

  it("finds by part of a name or id, whatever its case, what is called so first", () => {
    expect(ids("wulin road")).toEqual(["c-1", "lamp-2"]);
    expect(ids("PUMP")).toEqual(["water-1"]);
    expect(ids("-2")).toEqual(["lamp-2"]);
    expect(ids("none")).toEqual([]);
  });

  it("lists all where nothing is typed", () => {
    expect(ids(" ")).toHaveLength(3);
  });
});

describe("until when a change's alert stood", () => {
  it("is the later end of both sides", () => {
    const side = (cleared_at: string | null) => ({ raised_at: "2026-11-20T01:40:00Z", cleared_at });
    const change = { base: side("2026-11-20T02:15:00Z"), candidate: side(null) } as unknown as Change;
    expect(untilOf(change)).toBe("2026-11-20T02:15:00Z");
    expect(untilOf({ ...change, base: null })).toBe("2026-11-20T01:40:00Z");
  });
});

describe("what is tried", () => {
  it("leaves out what is in force anyway", () => {
    const tunables = [
      { path: "gas.leak.low_pct_lel", value: 10 },
      { path: "gas.leak.rise_pct_lel", value: 10 },
    ];
    const tried = { "gas.leak.low_pct_lel": 10, "gas.leak.rise_pct_lel": 12, "gas.leak.window_s": 60 };
    expect(differing(tried, tunables)).toEqual({ "gas.leak.rise_pct_lel": 12, "gas.leak.window_s": 60 });
  });
});
