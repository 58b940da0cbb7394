import { describe, expect, it } from "vitest";
import {
  ALWAYS,
  addCorner,
  addZone,
  area,
  begin,
  type Corner,
  describe as say,
  dropCorner,
  dropZone,
  moveCorner,
  moveZone,
  polygonSlip,
  redo,
  slips,
  step,
  undo,
  type Zone,
} from "../src/cameras/zones";

const SQUARE: Corner[] = [
  [0.2, 0.2],
  [0.6, 0.2],
  [0.6, 0.6],
  [0.2, 0.6],
];
const zone = (more: Partial<Zone> = {}): Zone => ({
  id: "z-1",
  kind: "no_parking",
  polygon: SQUARE,
  name: "",
  dwell_s: null,
  active: [],
  permits: [],
  latitude: null,
  longitude: null,
  ...more,
});

describe("drawing zones", () => {
  it("can be undone step by step and done again, a drag as one step", () => {
    let editing = begin([zone()]);
    for (let n = 0; n < 20; n += 1)
      editing = step(editing, moveCorner(editing.now, 0, 0, [0.2 - n / 200, 0.2]), "drag-1");
    editing = step(editing, addCorner(editing.now, 0, 1), null);
    editing = step(editing, say(editing.now, 0, { name: "学校门口" }), "name");
    const last = editing.now.zones;
    expect(editing.before).toHaveLength(3);
    for (let n = 0; n < 5; n += 1) editing = undo(editing);
    expect(editing.now.zones[0]?.polygon).toEqual(SQUARE);
    for (let n = 0; n < 5; n += 1) editing = redo(editing);
    expect(editing.now.zones).toEqual(last);
  });

  it("takes choosing a corner for no change", () => {
    const editing = begin([zone()]);
    expect(step(editing, { ...editing.now, corner: 2 }, null).before).toHaveLength(0);
  });

  it("forgets what was undone once something else is drawn", () => {
    let editing = begin([zone()]);
    editing = undo(step(editing, addCorner(editing.now, 0, 0)));
    editing = step(editing, dropZone(editing.now, 0));
    expect(redo(editing)).toBe(editing);
  });

  it("keeps corners within the picture", () => {
    const { now } = begin([zone()]);
    expect(moveCorner(now, 0, 2, [1.7, -3]).zones[0]?.polygon[2]).toEqual([1, 0]);
    const moved = moveZone(now, 0, [5, -5]).zones[0]?.polygon ?? [];
    expect(Math.max(...moved.map(([x]) => x))).toBe(1);
    expect(Math.min(...moved.map(([, y]) => y))).toBe(0);
    expect(area(moved)).toBeCloseTo(area(SQUARE), 3);
  });

  it("leaves a triangle its corners", () => {
    let draft = begin([zone()]).now;
    draft = dropCorner(draft, 0, 3);
    expect(draft.zones[0]?.polygon).toHaveLength(3);
    expect(dropCorner(draft, 0, 0)).toBe(draft);
  });

  it("puts a corner half-way, or where it is wanted", () => {
    const { now } = begin([zone()]);
    expect(addCorner(now, 0, 3).zones[0]?.polygon[4]).toEqual([0.2, 0.4]);
    expect(addCorner(now, 0, 0, [0.4, 0.1]).zones[0]?.polygon[1]).toEqual([0.4, 0.1]);
  });

  it("gives a new zone an id that nobody has", () => {
    const draft = addZone(begin([zone({ id: "cam-z1" })]).now, "cam", ["cam-z2", "cam-z3"]);
    expect(draft.zones[1]?.id).toBe("cam-z4");
    expect(draft.zone).toBe(1);
    expect(slips(draft.zones, 1)).toEqual([]);
  });
});

describe("slips of the hand", () => {
  it("are found in polygons as the server finds them", () => {
    expect(polygonSlip(SQUARE)).toBeNull();
    const [a, b, c, d] = SQUARE as [Corner, Corner, Corner, Corner];
    expect(polygonSlip([a, c, b, d])).toBe("crossed");
    expect(polygonSlip([a, a, c])).toBe("same-corners");
    expect(polygonSlip([a, [0.21, 0.2], [0.21, 0.21]])).toBe("small");
    expect(
      polygonSlip([
        [0.1, 0.1],
        [0.5, 0.1],
        [0.5, 0.5],
        [0.3, 0.1],
        [0.1, 0.5],
      ]),
    ).toBe("crossed");
  });

  it("are found in what is said of a zone", () => {
    const bad = zone({
      id: "no id!",
      dwell_s: 0,
      active: [
        { ...ALWAYS, hours: "6-22" },
        { ...ALWAYS, season: "02-30/03-01" },
      ],
    });
    expect(slips([bad], 0).sort()).toEqual(["bad-dwell", "bad-hours", "bad-id", "bad-season"]);
    expect(slips([zone(), zone()], 1)).toEqual(["id-twice"]);
    expect(slips([zone({ latitude: 30 })], 0)).toEqual(["bad-place"]);
    expect(slips([zone({ latitude: 30, longitude: 200 })], 0)).toEqual(["bad-place"]);
    expect(slips([zone({ latitude: 30, longitude: 120 })], 0)).toEqual([]);
    expect(slips([zone({ active: [{ ...ALWAYS, season: "02-29/11-30", hours: "22:00-06:00" }] })], 0)).toEqual([]);
  });
});
