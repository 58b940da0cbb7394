// What the hub says in English, in the page's language. Each sentence is known by its words: `{}` stands for what is
// filled in, which may be such a sentence itself, `{n}` for a figure. tests/unit/test_said_of_runs.py holds said.json to the hub's code.
import { language } from ".";
import table from "./said.json";

interface Shape {
  shape: RegExp;
  chinese: string;
  says: number;
}

const FILLED = /\{n?\}/;
const WHOLE = new Map<string, string>();
const SHAPES: Shape[] = [];
const AT = /^([^\s:：]+(?::\d+)?|line \d+): (.+)$/s; // a path, a file's line: and what is said of it
const GIVEN = /^(.+) \(it is (.+)\)$/s;

for (const group of Object.values(table as Record<string, Record<string, string>>))
  for (const [english, chinese] of Object.entries(group)) {
    if (!FILLED.test(english)) WHOLE.set(english, chinese);
    else SHAPES.push({ shape: shapeOf(english), chinese, says: english.replace(/\{n?\}/g, "").length });
  }
SHAPES.sort((a, b) => b.says - a.says); // the more it says, the surer it is the one

function shapeOf(english: string): RegExp {
  const parts = english.split(/(\{n?\})/).map((part) => {
    if (part === "{}") return "((?:(?!\\. [A-Z]).)+?)"; // what is filled in is never the end of one sentence and another
    return part === "{n}" ? "(-?[\\d.,]+(?:e[-+]?\\d+)?)" : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^${parts.join("")}$`, "s");
}

/** Return the sentence in the page's language; what is not known stays as it is. */
export function said(sentence: string): string {
  return language.value === "zh" ? inChinese(sentence) : sentence;
}

function inChinese(sentence: string): string {
  const whole = WHOLE.get(sentence);
  if (whole !== undefined) return whole;
  for (const { shape, chinese } of SHAPES) {
    const found = shape.exec(sentence);
    if (found) return chinese.replace(/\{(\d)\}/g, (_, place: string) => inChinese(found[Number(place) + 1] ?? ""));
  }
  return (
    listed(sentence, "\n", "\n") ??
    listed(sentence, /(?<=\.) (?=[A-Z])/, "") ??
    listed(sentence, "; ", "；") ??
    framed(sentence)
  );
}

/** Several sentences one after the other, where any of them is known. */
function listed(sentence: string, between: string | RegExp, joined: string): string | null {
  const parts = sentence.split(between);
  if (parts.length < 2) return null;
  const known = parts.map(inChinese);
  return known.some((one, index) => one !== parts[index]) ? known.join(joined) : null;
}

/** Where something is wrong, and what was given, around a sentence that is known. */
function framed(sentence: string): string {
  const given = GIVEN.exec(sentence);
  if (given?.[1]) {
    const known = inChinese(given[1]);
    if (known !== given[1]) return `${known}（现为 ${given[2] ?? ""}）`;
  }
  const at = AT.exec(sentence);
  if (at?.[1] && at[2]) {
    const known = inChinese(at[2]);
    if (known !== at[2]) return `${at[1].replace(/^line (\d+)$/, "第 $1 行")}：${known}`;
  }
  return sentence;
}
