import { describe, expect, it } from "vitest";
import { freshBoxes, type LiveHeader, parseFrame } from "../src/cameras/frame";
import { wanted } from "../src/cameras/live";
import { inView, wallOf } from "../src/cameras/wall";

const HEADER: LiveHeader = {
  camera: "cam-1",
  at: "2026-11-23T08:00:02Z",
  width: 640,
  height: 360,
  boxes_at: "2026-11-23T08:00:01Z",
  boxes: [{ label: "car", confidence: 0.9, track: 1, box: [0.1, 0.2, 0.3, 0.4] }],
};

function packed(header: unknown, jpeg: number[], magic = "LQP1"): ArrayBuffer {
  const told = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + told.length + jpeg.length);
  bytes.set(new TextEncoder().encode(magic));
  new DataView(bytes.buffer).setUint32(4, told.length);
  bytes.set(told, 8);
  bytes.set(jpeg, 8 + told.length);
  return bytes.buffer;
}

describe("a live picture", () => {
  it("comes apart into what is told of it and its bytes", () => {
    const found = parseFrame(packed(HEADER, [255, 216, 255]));
    expect(found?.header).toEqual(HEADER);
    expect([...(found?.jpeg ?? [])]).toEqual([255, 216, 255]);
  });

  it("is refused where it is none", () => {
    const good = packed(HEADER, [1]);
    for (const bad of [
      new ArrayBuffer(0),
      new ArrayBuffer(7),
      packed(HEADER, []),
      packed(HEADER, [1], "JPEG"),
      packed({ at: 1 }, [1]),
      packed(null, [1]),
      good.slice(0, 40),
    ])
      expect(parseFrame(bad)).toBeNull();
  });

  it("shows no boxes that were seen long before it", () => {
    expect(freshBoxes(HEADER)).toHaveLength(1);
    expect(freshBoxes({ ...HEADER, boxes_at: "2026-11-23T07:59:50Z" })).toEqual([]);
    expect(freshBoxes({ ...HEADER, boxes_at: null })).toEqual([]);
  });
});

describe("what is asked for", () => {
  it("is each camera once, as fast and as wide as whoever wants most", () => {
    const list = [
      { camera: "b", fps: 1, widthPx: 480 },
      { camera: "a", fps: 2, widthPx: 300.4 },
      { camera: "b", fps: 3, widthPx: 200 },
    ];
    expect(wanted(list)).toEqual([
      { camera: "a", fps: 2, width: 300 },
      { camera: "b", fps: 3, width: 480 },
    ]);
  });

  it("is never more than the server takes", () => {
    const many = Array.from({ length: 500 }, (_, n) => ({ camera: `cam-${n}`, fps: 1, widthPx: 480 }));
    expect(wanted(many)).toHaveLength(64);
  });
});

describe("the wall", () => {
  it("has a tile for each camera, and holds only those near to what is seen", () => {
    const wall = wallOf(500, 1140, "medium");
    expect(wall.columns).toBe(3);
    expect(wall.rows).toBe(167);
    for (const scroll of [0, 1234, 20_000, wall.heightPx - 700]) {
      const [from, to] = inView(wall, scroll, 700, 500);
      expect(to - from).toBeLessThanOrEqual(3 * 6);
      expect((from / wall.columns) * wall.rowPx).toBeLessThanOrEqual(scroll);
      expect(Math.ceil(to / wall.columns) * wall.rowPx).toBeGreaterThanOrEqual(Math.min(scroll + 700, wall.heightPx));
    }
  });

  it("is one column on a phone, and empty without cameras", () => {
    expect(wallOf(4, 340, "medium").columns).toBe(1);
    expect(wallOf(0, 1000, "large").heightPx).toBe(0);
    expect(inView(wallOf(0, 1000, "large"), 0, 700, 0)).toEqual([0, 0]);
  });
});
