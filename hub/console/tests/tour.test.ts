import { describe, expect, it } from "vitest";
import type { Alert } from "../src/api/types";
import { doneBy, type Happening, seenBy, standing, take, type Tour } from "../src/tour/tour";

const BEGAN = "2026-11-23T08:00:00Z";
const BEGAN_LESS = "2026-11-23T07:59:59.500Z";
const words = { zh: "词", en: "word" };
const leak: Happening = {
  id: "leak",
  title: words,
  text: words,
  at: "2026-11-23T08:01:24Z",
  rule: "gas.leak",
  subject: "gas-05",
  camera: null,
};
const car: Happening = { ...leak, id: "car", rule: "parking.illegal", subject: null, camera: "cam-01" };
const tour: Tour = {
  id: "t",
  title: words,
  about: words,
  begins_at: BEGAN,
  happenings: [leak, car],
  tasks: [
    { id: "acknowledge", title: words, text: words, page: "/board", scope: null, done_on: ["alert.acknowledged"] },
    { id: "map", title: words, text: words, page: "/map", scope: null, done_on: [] },
  ],
};

function alert(changes: Partial<Alert>): Alert {
  const base = { id: "a", rule: "gas.leak", subject: "gas-05", camera: null, raised_at: "2026-11-23T08:01:40Z" };
  return { ...base, condition: "active", acknowledged: false, revision: 1, ...changes } as Alert;
}

describe("the tour", () => {
  it("knows what happens by its rule, subject or camera, and counts nothing from before it began", () => {
    const none = new Map();
    expect(take(tour, none, alert({})).get("leak")?.id).toBe("a");
    expect(take(tour, none, alert({ subject: "gas-06" }))).toBe(none);
    expect(take(tour, none, alert({ rule: "gas.sensor" }))).toBe(none);
    const before = { raised_at: "2026-11-23T07:59:59Z", condition: "cleared", cleared_at: BEGAN_LESS } as const;
    expect(take(tour, none, alert(before))).toBe(none);
    const parked = alert({ id: "p", rule: "parking.illegal", subject: "kerb@0.4,0.5", camera: "cam-01" });
    expect([...take(tour, none, parked).keys()]).toEqual(["car"]);
  });

  it("stays with the first alert and its newest revision, in whatever order they come", () => {
    const later = alert({ id: "b", raised_at: "2026-11-23T08:20:00Z" });
    const both = [alert({}), alert({ revision: 3 }), later, alert({ revision: 2 })];
    for (const order of [both, [...both].reverse()]) {
      const known = order.reduce((before, one) => take(tour, before, one), new Map() as ReadonlyMap<string, Alert>);
      expect([known.get("leak")?.id, known.get("leak")?.revision]).toEqual(["a", 3]);
    }
  });

  it("takes what stood open from before, until one of its own comes", () => {
    const old = alert({ id: "old", raised_at: "2026-11-23T07:40:00Z" });
    const older = alert({ id: "older", raised_at: "2026-11-23T07:20:00Z" });
    const own = alert({ id: "own" });
    for (const order of [
      [old, own, older],
      [own, older, old],
      [older, old, own],
    ])
      expect(
        order.reduce((known, one) => take(tour, known, one), new Map() as ReadonlyMap<string, Alert>).get("leak")?.id,
      ).toBe("own");
    const known = [older, old].reduce((map, one) => take(tour, map, one), new Map() as ReadonlyMap<string, Alert>);
    expect(known.get("leak")?.id).toBe("old");
    expect(standing(leak, old, Date.parse(leak.at) - 1)).toBe("to-come");
    expect(standing(leak, old, Date.parse(leak.at))).toBe("raised");
  });

  it("says how each happening stands", () => {
    const at = Date.parse(leak.at);
    expect(standing(leak, undefined, at - 1)).toBe("to-come");
    expect(standing(leak, undefined, at)).toBe("begun");
    expect(standing(leak, alert({}), at)).toBe("raised");
    expect(standing(leak, alert({ acknowledged: true }), at)).toBe("dealt-with");
    expect(standing(leak, alert({ acknowledged: true, condition: "cleared" }), at)).toBe("over");
  });

  it("ticks off what was done, and pages that were seen where nothing is to be done", () => {
    expect(doneBy(tour, { seq: 1, type: "alert.acknowledged", at: BEGAN })).toEqual(["acknowledge"]);
    expect(doneBy(tour, { seq: 1, type: "alert.raised", at: BEGAN })).toEqual([]);
    expect(seenBy(tour, "/map")).toEqual(["map"]);
    expect(seenBy(tour, "/mapped")).toEqual([]);
    expect(seenBy(tour, "/board")).toEqual([]);
  });
});
