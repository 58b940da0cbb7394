import { describe, expect, it } from "vitest";
import type { Alert } from "../src/api/types";
import { type Box, cells, nearest, shiftOf } from "../src/map/cells";
import { Geography, middle, outer } from "../src/map/geography";
import { incidents } from "../src/map/openAlerts";

const point = (at: [number, number]) => ({ type: "Point" as const, coordinates: at });

function geography(datum: "wgs84" | "gcj02" | null = null): Geography {
  const device = (id: string, at: [number, number] | null, circuit: string | null = null) => ({
    id,
    properties: { kind: "streetlight", name: `lamp ${id}`, grid: "01", gateway: null, circuit },
    geometry: at && point(at),
  });
  const ring = [
    [118, 29],
    [120, 29],
    [120, 31],
    [118, 31],
    [118, 29],
  ];
  return new Geography(
    {
      version: "1",
      bbox: [118, 29, 120, 31],
      grids: {
        features: [
          {
            id: "01",
            properties: { name: "one", district: "" },
            geometry: { type: "Polygon", coordinates: [ring] },
          },
        ],
      },
      devices: { features: [device("a", [119, 30], "c"), device("b", [119.2, 30.2], "c"), device("lost", null)] },
      cameras: {
        features: [{ id: "cam", properties: { name: "", grid: "01", zones: 1 }, geometry: point([119, 30]) }],
      },
    },
    {
      center: [119, 30],
      base_map: null,
      tiles: datum && { url: "https://x/{z}/{x}/{y}.png", subdomains: [], attribution: "", datum },
    },
    [],
  );
}

function alert(id: string, more: Partial<Alert> = {}): Alert {
  return {
    id,
    severity: "minor",
    raised_at: "2026-11-23T08:00:00Z",
    inhibited_by: null,
    grid: "01",
    camera: null,
    ...more,
  } as Alert;
}

describe("where things are", () => {
  it("finds an alert's place: its device, its camera, the middle of its circuit, or of its grid", () => {
    const city = geography();
    const place = (more: Partial<Alert>) => city.placeOf(alert("x", { subject: "?", ...more }));
    expect(place({ subject: "a" })).toEqual({ at: [119, 30], exact: true });
    expect(place({ subject: "zone@0.5,0.5", camera: "cam" })).toEqual({ at: [119, 30], exact: true });
    expect(place({ subject: "c" })?.at[0]).toBeCloseTo(119.1);
    expect(place({ subject: "lost" })).toEqual({ at: [119, 30], exact: false });
    expect(place({ subject: "lost", grid: "99" })).toBeNull();
    expect(city.unplaced).toBe(1);
    expect(city.nameOf(alert("x", { subject: "a" }))).toBe("lamp a");
  });

  it("shifts every position for tiles that are shifted, and none for others", () => {
    expect(geography("wgs84").find("a")?.at).toEqual([119, 30]);
    const shifted = geography("gcj02").find("a")?.at ?? [0, 0];
    expect(Math.abs(shifted[0] - 119)).toBeGreaterThan(0.001);
    expect(geography("gcj02").bounds?.[0]).not.toEqual([118, 29]);
  });

  it("takes the middle of a ring by its ground and not by its corners", () => {
    const crowded = [
      [0, 0],
      [0.1, 0],
      [0.2, 0],
      [0.3, 0],
      [2, 0],
      [2, 2],
      [0, 2],
    ];
    const [x, y] = middle(crowded);
    expect(x).toBeCloseTo(1);
    expect(y).toBeCloseTo(1);
    expect(middle([[3, 4]])).toEqual([3, 4]);
    expect(middle([])).toEqual([0, 0]);
  });

  it("takes the largest part of a ground in several parts", () => {
    const small = [
      [
        [0, 0],
        [1, 0],
        [0, 1],
      ],
    ];
    const large = [
      [
        [5, 5],
        [9, 5],
        [9, 9],
        [5, 9],
      ],
    ];
    expect(outer({ type: "MultiPolygon", coordinates: [small, large] })).toHaveLength(4);
    expect(outer(null)).toEqual([]);
  });
});

describe("clusters", () => {
  const spots = Array.from({ length: 1000 }, (_, n) => ({ x: (n * 37) % 500, y: (n * 53) % 400, thing: n }));

  it("lose nothing and count nothing twice", () => {
    for (const size of [0, 40, 1000]) {
      const things = cells(spots, size).flatMap((cell) => cell.things);
      expect(things.sort((a, b) => a - b)).toEqual(spots.map((spot) => spot.thing));
    }
    expect(cells(spots, 0)).toHaveLength(1000);
  });

  it("stay together when the map is moved", () => {
    const together = (dx: number) =>
      cells(
        spots.map((spot) => ({ ...spot, x: spot.x + dx })),
        60,
        dx,
        0,
      )
        .map((cell) => cell.things.join())
        .sort();
    expect(together(17)).toEqual(together(0));
  });

  it("are found under the pointer, the nearest first, and none from afar", () => {
    const found = cells(spots.slice(0, 2), 0);
    expect(nearest(found, 36, 52, 5)?.things).toEqual([1]);
    expect(nearest(found, 200, 200, 5)).toBeNull();
  });
});

describe("incidents", () => {
  it("stand worst and newest first, with their symptoms counted and not listed", () => {
    const list = incidents([
      alert("minor"),
      alert("old", { severity: "critical" }),
      alert("new", { severity: "critical", raised_at: "2026-11-23T09:00:00Z" }),
      alert("symptom 1", { inhibited_by: "new" }),
      alert("symptom 2", { inhibited_by: "new" }),
    ]);
    expect(list.map((one) => [one.alert.id, one.symptoms])).toEqual([
      ["new", 2],
      ["old", 0],
      ["minor", 0],
    ]);
  });
});

describe("where a name goes", () => {
  const name: Box = [-30, -9, 30, 9];
  const spot = (x: number, y: number): Box => [x - 15, y - 15, x + 15, y + 15];

  it("stays where nothing lies", () => {
    expect(shiftOf(name, [], [spot(100, 0)])).toBe(0);
  });

  it("moves off a spot, and stays nearest to its place", () => {
    expect(shiftOf(name, [], [spot(0, 8)])).toBe(-22);
    expect(shiftOf(name, [], [spot(0, -8)])).toBe(22);
  });

  it("lies on a spot rather than on another name, and nowhere where names are everywhere", () => {
    const others: Box[] = [
      [-30, -80, 30, -10],
      [-30, 10, 30, 80],
    ];
    expect(shiftOf(name, others, [spot(0, 0)])).toBe(0);
    expect(shiftOf(name, [[-30, -80, 30, 80]], [])).toBeNull();
  });
});
