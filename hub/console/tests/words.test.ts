import { describe, expect, it } from "vitest";
import { whyCleared } from "../src/alert/why";
import { language } from "../src/i18n";
import en from "../src/i18n/en";
import zh from "../src/i18n/zh";
import { exactly, span } from "../src/ui/time";

const modules = import.meta.glob<{ default: Record<string, string> }>("../src/i18n/{zh,en}/*.ts", { eager: true });
const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort();

describe("the catalogues", () => {
  it("have the same keys in both languages", () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort());
  });

  it("have no empty words, and the same places to fill in both", () => {
    for (const [key, words] of Object.entries(zh)) {
      const others = (en as Record<string, string>)[key] ?? "";
      expect(words.trim(), key).not.toBe("");
      expect(others.trim(), key).not.toBe("");
      expect(names(others), key).toEqual(names(words));
    }
  });

  it("keep each folder's words under its own name, and miss no folder", () => {
    const merged = new Set(Object.keys(zh));
    for (const [path, module] of Object.entries(modules)) {
      const folder = /(\w+)\.ts$/.exec(path)?.[1];
      for (const key of Object.keys(module.default)) {
        expect(key.startsWith(`${folder}.`), `${key} in ${path}`).toBe(true);
        expect(merged.has(key), `${key} of ${path} is not merged`).toBe(true);
      }
    }
  });

  it("say things in Chinese in the Chinese one", () => {
    const latin = Object.entries(zh).filter(([, words]) => !/[\u4e00-\u9fff]/.test(words) && /[a-z]{3}/i.test(words));
    const meant = ["shell.to-other-language", "ui.problem"];
    expect(latin.map(([key]) => key).filter((key) => !meant.includes(key))).toEqual([]);
  });
});

describe("why an alert is over", () => {
  const reason = { text: "Methane is below 25 %LEL again.", methane_pct_lel: 0.6, threshold_pct_lel: 25, lasted_s: 20 };

  it("is said in Chinese by what was measured", () => {
    const before = language.value;
    language.value = "zh";
    expect(whyCleared({ clear_reason: reason })).toContain("甲烷");
    expect(whyCleared({ clear_reason: reason })).not.toMatch(/[a-z]{4}/);
    expect(whyCleared({ clear_reason: { text: "The condition is gone." } })).toBe("已恢复");
    language.value = "en";
    expect(whyCleared({ clear_reason: reason })).toBe(reason.text);
    language.value = before;
  });
});

describe("a stretch of time", () => {
  it("is told to the second below an hour where it is held against a limit", () => {
    language.value = "en";
    expect([45, 60, 90, 600, 3599, 5400].map((s) => exactly(s * 1000))).toEqual([
      ...["45 s", "1 min", "1 min 30 s", "10 min", "59 min 59 s", "1 h 30 min"],
    ]);
    expect(span(90_000)).toBe("1 min");
    language.value = "zh";
    expect(exactly(90_000)).toBe("1 分钟 30 秒");
  });
});
