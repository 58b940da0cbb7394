// The page of weights: where a picture of a run lies, and sizes in words.
import { describe, expect, it } from "vitest";
import { fileOf, memberOf, sizeOf } from "../src/weights/documents";

describe("a run's files", () => {
  it("are named by the run and their place in its ZIP, whatever the name holds", () => {
    expect(memberOf("r-1", "images/train/a b#1.jpg")).toBe("/api/v1/tuning/runs/r-1/file/images/train/a%20b%231.jpg");
    expect(fileOf("r-1")).toBe("/api/v1/tuning/runs/r-1/file");
  });
});

describe("sizes", () => {
  it("are told in the largest unit that leaves a whole", () => {
    expect([0, 999, 1000, 12_345, 3_548_116, 2_400_000_000].map(sizeOf)).toEqual([
      "0 B",
      "999 B",
      "1.0 kB",
      "12 kB",
      "3.5 MB",
      "2.4 GB",
    ]);
  });
});
