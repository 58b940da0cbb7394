import { describe, expect, it } from "vitest";
import {
  ageDays,
  byHour,
  type Cell,
  cellWords,
  changeWords,
  counted,
  firstPossible,
  heat,
  leftOutWords,
  type Outcome,
  type PlaceList,
  type Profile,
  type RecentHour,
  rivalsAsked,
  rulesFor,
  type Stands,
  traceOfRaised,
  whyNotWords,
} from "../src/baselines/documents";
import { readPicked, toggled, withQuery } from "../src/baselines/picked";
import { language } from "../src/i18n";
import type { Raised } from "../src/tuning/documents";

const cell = (median: number): Cell => ({ median, low: median - 1, high: median + 1, spread: 0.3, n: 6 });
const hour = (stands: Stands): RecentHour => ({
  at: "2026-11-23T00:00:00Z",
  cell: 0,
  mean: 1,
  low: 0,
  usual: 1,
  high: 2,
  stands,
  why: null,
});

function speaking<T>(spoken: "zh" | "en", say: () => T): T {
  const before = language.value;
  language.value = spoken;
  try {
    return say();
  } finally {
    language.value = before;
  }
}

describe("the hours of the week", () => {
  const cells = Array.from({ length: 168 }, (_, n) => (n === 30 ? null : cell(n)));

  it("stand as hours by days, Monday first", () => {
    const rows = byHour(cells);
    expect(rows.length).toBe(24);
    expect(rows.every((row) => row.length === 7)).toBe(true);
    expect(rows[3]?.[0]?.median).toBe(3);
    expect(rows[23]?.[6]?.median).toBe(167);
    expect(rows[6]?.[1]).toBeNull();
  });

  it("are painted from the least to the most, and all alike where nothing moves", () => {
    const strength = heat(cells);
    expect([strength(0), strength(167)]).toEqual([0, 1]);
    expect(heat([cell(5), cell(5)])(5)).toBe(0);
    expect(heat([null])(5)).toBe(0);
  });

  it("have names in both languages", () => {
    expect(speaking("en", () => cellWords(0))).toBe("Mon 00:00");
    expect(speaking("zh", () => cellWords(167))).toBe("周日 23:00");
  });
});

describe("what is told of them", () => {
  it("counts hours in one order and leaves out what is not there", () => {
    expect(counted([hour("above"), hour("within"), hour("above")])).toEqual([
      ["within", 1],
      ["above", 2],
    ]);
    expect(counted([])).toEqual([]);
  });

  it("says why hours were left out, the most first", () => {
    expect(speaking("en", () => leftOutWords({ stuck: 2, alert: 12 }))).toBe("alert stood 12, sensor stuck 2");
    expect(speaking("zh", () => leftOutWords({ alert: 1 }))).toBe("有告警 1");
    expect(leftOutWords({})).toBe("");
  });

  it("says what would change", () => {
    const one: Outcome = {
      subject: "w1",
      quantity: "flow_l_s",
      unit: "L/s",
      grid: "01",
      change: "changed",
      shift: { typical: 1.25, outside: 3, hours: 168 },
      hours: 1000,
      left_out: 0,
      left_out_why: {},
      why_not: null,
      why_not_text: null,
    };
    expect(speaking("en", () => changeWords(one))).toBe("by 1.25 L/s; 3 of 168 hours beyond what was usual");
    const none: Outcome = { ...one, change: "none", shift: null, why_not: "no_readings", why_not_text: "nothing" };
    expect(speaking("zh", () => changeWords(none))).toBe("这段时间没有读数");
    expect(whyNotWords({ why_not: "of another version", why_not_text: "new words" })).toBe("new words");
  });

  it("knows how old a profile is, and when the first can be learnt", () => {
    const until = "2026-11-01T00:00:00Z";
    const profile = { learnt_until: until } as Profile;
    expect(ageDays(profile, Date.parse("2026-11-08T23:00:00Z"))).toBe(7);
    expect(ageDays(profile, Date.parse("2026-10-01T00:00:00Z"))).toBe(0);
    const list = { stored_since: until, least_weeks: 3 } as PlaceList;
    expect(firstPossible(list)).toBe(Date.parse("2026-11-22T00:00:00Z"));
    expect(firstPossible({ ...list, stored_since: null })).toBeNull();
  });
});

describe("a comparison", () => {
  it("puts the profile's own rule first and asks for the places over the span", () => {
    expect(rulesFor("water")[0]).toBe("water.unusual");
    expect(rulesFor("streetlight")[0]).toBe("streetlight.unusual");
    const asked = rivalsAsked(["w1"], ["water.unusual", "water.leak"], 0, 3_600_000);
    expect(asked.question).toMatchObject({ subjects: ["w1"], since: "1970-01-01T00:00:00.000Z" });
    expect(asked.rules).toEqual(["water.unusual", "water.leak"]);
  });

  it("leads to a trace in which the rule is on", () => {
    const raised = { rule: "water.unusual", subject: "w1", raised_at: "2026-11-23T00:00:00Z" } as Raised;
    const query = new URLSearchParams(traceOfRaised(raised).split("?")[1]);
    expect(query.get("at")).toBe(raised.raised_at);
    expect(query.getAll("set")).toEqual(["water.unusual.enabled=true"]);
  });
});

describe("what is chosen", () => {
  it("stands in the address once each, beside what else is there", () => {
    const query = new URLSearchParams("q=main&pick=w1&pick=w1&pick=w2");
    expect(readPicked(query)).toEqual(["w1", "w2"]);
    expect(withQuery("/x", query, { pick: toggled(readPicked(query), "w1") })).toBe("/x?q=main&pick=w2");
    expect(withQuery("/x", query, { pick: "", q: "" })).toBe("/x");
    expect(toggled(["a"], "b")).toEqual(["a", "b"]);
  });
});
