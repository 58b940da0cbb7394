import { language } from "../src/i18n";
import { said } from "../src/tuning/sentences";
import { describe, expect, it } from "vitest";
import { againOf } from "../src/tuning/again";
import { kindOf } from "../src/configurations/documents";
import { placeOf, readWork, writeWork } from "../src/tuning/address";
import type { Compared, Raised } from "../src/tuning/documents";
import { BEGUN, changesOf, give, left, meant, type Review, undo, verdictOf, walk } from "../src/workbench/review";
import { around, hit, length, pan, thinned, ticks, toTime, toX, zoom } from "../src/workbench/scale";
import { firstRange, slideOf, spread, toPosition, toValue } from "../src/workbench/slide";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.parse("2026-11-23T04:00:00Z");
const bounds = { from: NOW - DAY, to: NOW };

describe("the timeline's scale", () => {
  it("goes to pixels and back", () => {
    expect(toX(NOW - DAY / 2, bounds, 800)).toBe(400);
    expect(toTime(400, bounds, 800)).toBe(NOW - DAY / 2);
  });

  it("zooms about what lies under the pointer, and never beyond the span", () => {
    const at = NOW - 6 * HOUR;
    const near = zoom(bounds, at, 0.25, bounds);
    expect(length(near)).toBe(6 * HOUR);
    expect(toX(at, near, 1000)).toBeCloseTo(toX(at, bounds, 1000));
    expect(zoom(near, at, 100, bounds)).toEqual(bounds);
    expect(pan(near, DAY, bounds).to).toBe(bounds.to);
    expect(length(pan(near, -9 * DAY, bounds))).toBe(6 * HOUR);
    expect(length(zoom(near, at, 1e-9, bounds))).toBe(10_000);
  });

  it("shows a stretch with room around it", () => {
    const view = around({ from: NOW - 2 * HOUR, to: NOW - HOUR }, bounds);
    expect(view.from).toBeLessThan(NOW - 2 * HOUR);
    expect(view.to).toBeLessThanOrEqual(NOW);
    expect(length(view)).toBe(4 * HOUR);
  });

  it("puts ticks on the city's round hours, and marks its midnight", () => {
    const found = ticks(bounds, 900, 8 * HOUR);
    expect(found.length).toBeGreaterThan(3);
    expect(found.every((one) => (one.at + 8 * HOUR) % HOUR === 0)).toBe(true);
    expect(found.filter((one) => one.day).map((one) => one.at)).toEqual([Date.parse("2026-11-22T16:00:00Z")]);
  });

  it("meets the nearest stretch within reach, else none", () => {
    const bars = [
      { from: NOW - 5 * HOUR, to: NOW - 4 * HOUR, key: "a" },
      { from: NOW - 2 * HOUR, to: NOW - 2 * HOUR, key: "b" },
    ];
    expect(hit(bars, NOW - 4.5 * HOUR, 0)?.key).toBe("a");
    expect(hit(bars, NOW - 2 * HOUR + 60_000, 120_000)?.key).toBe("b");
    expect(hit(bars, NOW - 3 * HOUR, 60_000)).toBeNull();
  });

  it("thins a curve without losing its peaks or its gaps", () => {
    const points = Array.from({ length: 20_000 }, (_, n): [number, number | null] => [
      NOW - DAY + n * 4000,
      n === 7777 ? 99 : n === 9000 ? null : Math.sin(n / 50),
    ]);
    const found = thinned(points, bounds, 300);
    expect(found.length).toBeLessThan(800);
    expect(found.some(([, value]) => value === 99)).toBe(true);
    expect(found.some(([, value]) => value === null)).toBe(true);
  });
});

describe("a slider", () => {
  const dwell = slideOf({ value: 300, default: 300, low: 10, high: 86_400 });

  it("gives room to what is usual where the range is wide", () => {
    expect(dwell.power).toBe(3);
    expect(toPosition(300, dwell)).toBeGreaterThan(0.1);
    expect(toValue(0, dwell)).toBe(10);
    expect(toValue(1, dwell)).toBe(86_400);
    expect(Math.abs(toValue(toPosition(300, dwell), dwell) - 300)).toBeLessThan(2);
  });

  it("keeps whole numbers whole and shares fine", () => {
    expect(Number.isInteger(toValue(0.37, dwell))).toBe(true);
    const share = slideOf({ value: 0.45, default: 0.45, low: 0, high: 1 });
    expect(share.power).toBe(1);
    expect(toValue(0.333, share)).toBe(0.33);
  });

  it("makes a range where none is set", () => {
    const slide = slideOf({ value: 5, default: 4, low: null, high: null });
    expect([slide.low, slide.high]).toEqual([0, 20]);
  });

  it("spreads a sweep over the range without doubles", () => {
    const [low, high] = firstRange(300, dwell);
    expect([low, high]).toEqual([150, 600]);
    const values = spread(low, high, 9, dwell);
    expect(values[0]).toBe(150);
    expect(values.at(-1)).toBe(600);
    expect(values).toEqual([...values].sort((a, b) => a - b));
    expect(new Set(spread(1, 3, 20, slideOf({ value: 2, default: 2, low: 1, high: 9 }))).size).toBe(3);
  });
});

function raised(id: string, minute: number, label: Raised["label"] = null): Raised {
  const at = new Date(NOW + minute * 60_000).toISOString();
  return {
    ...{ alert_id: id, rule: "parking.illegal", subject: `zone-1@${id}`, grid: "01", zone_id: "zone-1" },
    ...{ camera_id: "cam-1", since: at, raised_at: at, cleared_at: null, severity: "minor", reason: "stood" },
    ...{ clear_reason: null, numbers: {}, box: null, label, recorded_alert_id: null },
  };
}

const DIFF: Compared = {
  ...{ base_version: "a", candidate_version: "b", same: 4 },
  appeared: [raised("late", 30)],
  vanished: [raised("early", 1), raised("known", 10, "false")],
  moved: [{ base: raised("m1", 5), candidate: raised("m2", 7), by_s: 120 }],
  severity: [],
};

describe("walking through a diff", () => {
  const changes = changesOf(DIFF);

  it("is in order of time, whatever the kind", () => {
    expect(changes.map((one) => one.kind)).toEqual(["vanished", "moved", "vanished", "appeared"]);
  });

  it("stops at both ends", () => {
    expect(walk(BEGUN, -1, 4).at).toBe(0);
    expect(walk({ ...BEGUN, at: 3 }, 1, 4).at).toBe(3);
    expect(walk(BEGUN, 1, 0).at).toBe(0);
  });

  it("goes on to what nobody has spoken of, and counts what is left", () => {
    expect(left(BEGUN, changes)).toBe(3);
    let review: Review = { ...BEGUN, at: 1 };
    review = give(review, { key: changes[1]?.key ?? "", verdict: "true", label: "l1" }, changes);
    expect(review.at).toBe(3); // the third was known to be false before
    review = give(review, { key: changes[3]?.key ?? "", verdict: "false", label: "l2" }, changes);
    expect(review.at).toBe(0);
    expect(left(review, changes)).toBe(1);
  });

  it("takes the last word back and returns to it", () => {
    const first = changes[0];
    if (!first) throw new Error("no change");
    const given = give(BEGUN, { key: first.key, verdict: "missed", label: "l1" }, changes);
    expect(verdictOf(given, first)).toBe("missed");
    const [before, last] = undo(given, changes);
    expect(last?.label).toBe("l1");
    expect(before.at).toBe(0);
    expect(verdictOf(before, first)).toBeNull();
    expect(undo(before, changes)[1]).toBeNull();
  });

  it("hears its keys, and leaves the browser's alone", () => {
    const key = (pressed: string, more = {}) =>
      meant({ key: pressed, ctrlKey: false, metaKey: false, altKey: false, target: null, ...more });
    expect(["J", "k", "t", "F", "m", "u", "o", "x"].map((one) => key(one))).toEqual([
      ...["next", "previous", "true", "false", "missed", "undo", "trace"],
      null,
    ]);
    expect(key("f", { ctrlKey: true })).toBeNull();
  });
});

describe("the workbench's address", () => {
  it("is read as it was written", () => {
    const work = {
      ...{ rule: "parking.illegal", subjects: ["zone-1"], since: NOW - DAY, until: NOW, version: "" },
      changes: { "parking.illegal.dwell_s": 420, "zone:zone-1.dwell_s": 300 },
    };
    expect(readWork(new URLSearchParams(writeWork(work).split("?")[1]), 0)).toEqual(work);
  });

  it("bears what makes no sense", () => {
    const query = new URLSearchParams("rule=x&since=never&set=broken&set=a.b={&set=a.c=[1]&subject=zone-1@0.4,0.5");
    const work = readWork(query, NOW);
    expect([work.since, work.until]).toEqual([NOW - DAY, NOW]);
    expect(work.changes).toEqual({});
    expect(work.subjects).toEqual(["zone-1"]);
    expect(placeOf("gas-1")).toBe("gas-1");
  });
});

describe("a text diff", () => {
  it("tells lines that came from lines that went", () => {
    expect(["--- a", "+++ b", "@@ -1 +1 @@", "-x: 1", "+x: 2", " y"].map(kindOf)).toEqual([
      ...["place", "place", "place", "gone", "added", "same"],
    ]);
  });
});

describe("what the hub says of a run", () => {
  it("is said in the page's language, with its figures", () => {
    const before = language.value;
    language.value = "zh";
    expect(
      said(
        "Of cam-01, cam-02 nothing is recorded before 2026-11-01 08:00: it is older than what is kept, or nothing came.",
      ),
    ).toBe("cam-01, cam-02 在 2026-11-01 08:00 之前没有记录：已超出保存期限，或当时没有数据。");
    expect(said("loading what was recorded")).toBe("正在载入记录");
    expect(said("something new")).toBe("something new");
    language.value = before;
  });
});

describe("a run that is opened again", () => {
  const question = {
    rules: ["gas.leak"],
    subjects: ["gas-1"],
    since: "2026-11-20T00:00:00Z",
    until: "2026-11-21T00:00:00Z",
  };
  const span = "rule=gas.leak&since=2026-11-20T00%3A00%3A00Z&until=2026-11-21T00%3A00%3A00Z&subject=gas-1";
  it("is shown where it was asked, with what was tried", () => {
    const changes = { "gas.leak.rise_pct_lel": 12 };
    const set = "set=gas.leak.rise_pct_lel%3D12";
    expect(againOf({ id: "a", kind: "judge", arguments: { question, changes } })).toBe(`/tuning/work?${span}&${set}`);
    const diff = { question, base: { changes: {} }, candidate: { version: "0123456789ab", changes } };
    expect(againOf({ id: "a", kind: "diff", arguments: diff })).toBe(
      `/tuning/work?${span}&version=0123456789ab&${set}`,
    );
    const trace = { rule: "gas.leak", subject: "gas-1", at: question.since, changes };
    expect(againOf({ id: "a", kind: "trace", arguments: trace })).toBe(
      `/tuning/trace?rule=gas.leak&subject=gas-1&at=2026-11-20T00%3A00%3A00Z&${set}`,
    );
  });
  it("is followed by its id where a button began it", () => {
    expect(againOf({ id: "a", kind: "sweep", arguments: { question } })).toBe(`/tuning/work?${span}&sweep=a`);
    expect(againOf({ id: "a", kind: "search", arguments: { question } })).toBe(`/tuning/work?${span}&search=a`);
    expect(againOf({ id: "a", kind: "sample", arguments: { question } })).toBe("/tuning/labels?rule=gas.leak&sample=a");
    expect(againOf({ id: "a", kind: "dataset", arguments: {} })).toBe("/tuning/weights?dataset=a");
    expect(againOf({ id: "a", kind: "replay", arguments: {} })).toBe("");
  });
});
