// The city's wall clock and back, in zones that change their clocks and in one that does not.
import { expect, test } from "vitest";
import { fromLocal, toLocal } from "../src/ui/localTime";

test("the wall clock of the city, whatever zone the machine is in", () => {
  expect(toLocal(Date.parse("2026-11-23T10:00:00Z"), "Asia/Shanghai")).toBe("2026-11-23T18:00");
  expect(fromLocal("2026-11-23T18:00", "Asia/Shanghai")).toBe(Date.parse("2026-11-23T10:00:00Z"));
});

test("there and back again, hour by hour over a year, but for the hour that is there twice", () => {
  for (const zone of ["Asia/Shanghai", "Europe/Berlin", "Australia/Lord_Howe"]) {
    let lost = 0;
    for (let ms = Date.UTC(2026, 0, 1); ms < Date.UTC(2027, 0, 1); ms += 3_600_000)
      if (fromLocal(toLocal(ms, zone), zone) !== ms) lost += 1;
    expect(lost).toBeLessThanOrEqual(zone === "Asia/Shanghai" ? 0 : 1);
  }
});

test("what is no time is none", () => {
  for (const text of ["", "2026-11-23", "2026-13-40T25:00"]) expect(fromLocal(text, "Asia/Shanghai")).toBeNull();
});
