import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ApiProblem, problemOf, unreachable } from "../src/api/problem";
import { language } from "../src/i18n";
import { said } from "../src/i18n/said";
import { PAIRS } from "../src/i18n/pairs";
import { problemText } from "../src/ui/states";

const before = language.value;

describe("what the hub says in English", () => {
  beforeEach(() => {
    language.value = "zh";
  });
  afterEach(() => {
    language.value = before;
  });

  it("is known whatever is filled in, and taken for no other sentence", () => {
    for (const group of PAIRS)
      for (const [english, chinese] of Object.entries(group)) {
        let filled = 0;
        const sentence = english.replace(/\{[nw]?\}/g, () => String(7 + filled++));
        const wanted = chinese.replace(/\{=?(\d)\}/g, (_, place: string) => String(7 + Number(place)));
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
    const long = "somebody: wrote {this} is, of it; and has: that in (it), not there; ".repeat(15);
    expect(said(long)).toBe(long);
    language.value = "en";
    expect(said("is being cancelled")).toBe("is being cancelled");
  });

  it("is said so wherever a request is refused", () => {
    const problem = new ApiProblem("not-found", 404, "There is nothing here", "there is no run 7", [
      { in: "body", pointer: "#/since", detail: "is missing" },
    ]);
    expect([problem.title, problem.detail, problem.errors[0]?.detail]).toEqual(["没有找到", "没有运行 7", "缺少"]);
  });

  it("names what is filled in as the pages do", () => {
    expect(said("case.dispatched makes no sense for case 2026-000012: it is closed")).toBe(
      "案件 2026-000012 处于“结案”阶段，不能“派遣”",
    );
    expect(
      said("this needs the scope cases:file, which the role operator has not; it comes with: admin, dispatcher"),
    ).toBe("这需要权限 cases:file，角色 值班员 没有；具有它的有：管理员、派遣员");
    expect(said("connection_failed: Connection refused")).toBe("连接失败：连接被拒绝");
    expect(said("there is no grid G-3; is G-1 meant?")).toBe("没有网格 G-3；是否指 G-1？");
  });

  it("names the part of what was sent", () => {
    expect(said("#/url: an address has no backslash")).toBe("地址：地址中不能有反斜杠");
    expect(said("#/zones/1/polygon: it is too small to be seen")).toBe("区域 第 2 项 顶点：太小，看不见");
    expect(said("#: give either `until` or `for_s`")).toBe("请给出截止时间或时长，二者之一");
    expect(said("#/url: something new")).toBe("#/url: something new");
    const errors = [
      {
        in: "body",
        pointer: "#/password",
        detail: "a password has at least 12 characters; a few words in a row do well",
      },
      { in: "body", pointer: "#/name", detail: "is missing" },
    ];
    const whole = errors.map((one) => `${one.pointer}: ${one.detail}`).join("; ");
    const problem = new ApiProblem("invalid", 422, "The request is not valid", whole, errors);
    expect(problem.detail).toBe("密码：密码至少 12 个字符；几个不相关的词连起来就好；名称：缺少");
    expect(problem.parts).toEqual(["密码：密码至少 12 个字符；几个不相关的词连起来就好", "名称：缺少"]);
    language.value = "en";
    expect(problem.detail).toBe(whole);
    expect(problem.parts[1]).toBe("#/name: is missing");
  });

  it("changes with the page's language, also after it was refused", () => {
    const problem = new ApiProblem("conflict", 409, "It was changed in the meantime", "case 7 is not suspended");
    expect([problem.title, problem.detail]).toEqual(["其间已被改动", "案件 7 没有挂账"]);
    language.value = "en";
    expect([problem.title, problem.detail]).toEqual(["It was changed in the meantime", "case 7 is not suspended"]);
  });

  it("is in words where the browser, or something in between, answers instead of the hub", async () => {
    const away = unreachable(new TypeError("Failed to fetch"));
    expect([problemText(away), away.unreachable]).toEqual(["联系不上服务器：请检查网络，稍后再试。", true]);
    const between = await problemOf(new Response("<html>", { status: 502, statusText: "Bad Gateway" }));
    expect(problemText(between)).toBe("中心没有应答，是它前面的代理答复的：HTTP 502");
    language.value = "en";
    expect(problemText(away)).toBe("The server cannot be reached: Check the network and try again.");
  });
});
