import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ApiProblem } from "../src/api/problem";
import { language } from "../src/i18n";
import { said } from "../src/i18n/said";
import table from "../src/i18n/said.json";

const before = language.value;

describe("what the hub says in English", () => {
  beforeEach(() => {
    language.value = "zh";
  });
  afterEach(() => {
    language.value = before;
  });

  it("is known whatever is filled in, and taken for no other sentence", () => {
    for (const group of Object.values(table as Record<string, Record<string, string>>))
      for (const [english, chinese] of Object.entries(group)) {
        let filled = 0;
        const sentence = english.replace(/\{n?\}/g, () => String(7 + filled++));
        const wanted = chinese.replace(/\{(\d)\}/g, (_, place: string) => String(7 + Number(place)));
        expect(said(sentence), english).toBe(wanted);
      }
  });

  it("is said in Chinese within another sentence too", () => {
    expect(said("too many alarms: 9 alarms within 10 min are 54 an hour; 20 are allowed")).toBe(
      "告警过多：10 分钟内 9 条告警，合每小时 54 条；上限 20 条",
    );
    expect(
      said(
        "Nobody listened for 4.0 h of that time, at the longest from 2026-11-01 04:00 to 2026-11-01 21:00: what was " +
          "published then came late or is not on record.",
      ),
    ).toBe("这段时间里有 4.0 小时 无人接收，最长从 2026-11-01 04:00 到 2026-11-01 21:00：其间发布的迟到或没有记录。");
  });

  it("may be several sentences, with where each is to be found", () => {
    expect(
      said("Alerts with a label: 3 of the 10 that are needed. Labels of real events: 4 of the 10 that are needed."),
    ).toBe("有标注的告警：3 条，至少需 10 条。真实事件的标注：4 条，至少需 10 条。");
    expect(said("question.since: is missing; changes: there is no such argument")).toBe(
      "question.since：缺少；changes：没有这个参数",
    );
    expect(said("parking.illegal.presence: must be less than or equal to 1 (it is 3)")).toBe(
      "parking.illegal.presence：应最多为 1（现为 3）",
    );
    expect(
      said(
        "detectors.yaml:12: parking.illegal: box_floor must not be above confidence, else no box could lower " +
          "the median",
      ),
    ).toBe("detectors.yaml:12：parking.illegal：box_floor 不得大于 confidence，否则没有框能拉低中位数");
    expect(said("overrides.0.zones: the city has no zone zone-9; is zone-1 meant?")).toBe(
      "overrides.0.zones：城市里没有区域 zone-9；是否指 zone-1？",
    );
  });

  it("stays as it is where nobody knows it, and in English", () => {
    expect(said("a word of a colleague: see there")).toBe("a word of a colleague: see there");
    language.value = "en";
    expect(said("is being cancelled")).toBe("is being cancelled");
  });

  it("is said so wherever a request is refused", () => {
    const problem = new ApiProblem("not-found", 404, "There is nothing here", "there is no run 7", [
      { in: "body", pointer: "#/since", detail: "is missing" },
    ]);
    expect([problem.title, problem.detail, problem.errors[0]?.detail]).toEqual(["没有找到", "没有运行 7", "缺少"]);
  });
});
