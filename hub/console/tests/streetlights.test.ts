import { describe, expect, it } from "vitest";
import { byTrouble, type Circuit, toneOf, totals, unknownLamps, wrongLamps } from "../src/streetlights/api";

const circuit = (more: Partial<Circuit> = {}): Circuit => ({
  id: "c",
  name: "",
  grid: "01",
  gateway: null,
  lamps: 10,
  states: { burning: 10 },
  should_burn: true,
  by: "the sun",
  until: "2026-11-23T22:00:00Z",
  power_w: 1000,
  newest_at: null,
  place: null,
  severity: null,
  alerts: [],
  ...more,
});

describe("streetlights", () => {
  it("are wrong where they are not as they should be, and never while they are about to change", () => {
    const mixed = { burning: 7, dark: 2, silent: 1 };
    expect(wrongLamps(circuit({ states: mixed }))).toBe(2);
    expect(wrongLamps(circuit({ states: mixed, should_burn: false }))).toBe(7);
    expect(wrongLamps(circuit({ states: mixed, should_burn: null }))).toBe(0);
    expect(unknownLamps(circuit({ states: { silent: 1, unheard: 3, burning: 6 } }))).toBe(4);
  });

  it("are painted by their alert, else by how most of them are", () => {
    expect(toneOf(circuit())).toBe("lamp-burning");
    expect(toneOf(circuit({ states: { dark: 10 }, should_burn: false }))).toBe("lamp-dark");
    expect(toneOf(circuit({ states: { dark: 10 } }))).toBe("major");
    expect(toneOf(circuit({ states: { unheard: 10 } }))).toBe("faint");
    expect(toneOf(circuit({ severity: "critical" }))).toBe("critical");
  });

  it("stand with what wants attention first", () => {
    const list = [
      circuit({ id: "good" }),
      circuit({ id: "dark", states: { dark: 9, burning: 1 } }),
      circuit({ id: "minor", severity: "minor" }),
      circuit({ id: "major", severity: "major" }),
      circuit({ id: "silent", states: { silent: 10 } }),
    ];
    expect(list.sort(byTrouble).map((one) => one.id)).toEqual(["major", "minor", "dark", "silent", "good"]);
  });

  it("add up", () => {
    const sum = totals([circuit(), circuit({ states: { dark: 4, unclear: 1 }, power_w: null })]);
    expect(sum).toMatchObject({ burning: 10, dark: 4, unclear: 1, wrong: 4, powerW: 1000 });
    expect(totals([])).toMatchObject({ burning: 0, wrong: 0, powerW: 0 });
  });
});
