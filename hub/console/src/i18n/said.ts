// What the hub says in English, in the page's language. Each sentence is known by its words: `{}` stands for what is
// filled in, which may be such a sentence itself, `{n}` for a figure, `{w}` for one word; `{=0}` gives it as it is,
// because it is somebody's name. said/ has the pairs; tests/unit/test_said_by_the_api.py holds them to the hub's code.
import { language } from ".";
import fields from "./fields.json";
import { PAIRS } from "./pairs";

interface Shape {
  shape: RegExp;
  chinese: string;
  says: number;
}

const MOST_TOLD = 500; // pages say the same again with every change that they show
const told = new Map<string, string>();
const FILLED = /\{[nw]?\}/;
const WHOLE = new Map<string, string>();
const SHAPES: Shape[] = [];
const AT = /^([^\s:：]+(?::\d+)?|line \d+): (.+)$/s; // a path, a file's line: and what is said of it
const GIVEN = /^(.+) \(it is (.+)\)$/s;

const POINTER = /^#((?:\/[^\s:]+)*): (.+)$/s; // a part of what was sent: and what is said of it
const PARTS: Readonly<Record<string, string>> = fields;

for (const group of PAIRS)
  for (const [english, chinese] of Object.entries(group)) {
    if (!FILLED.test(english)) WHOLE.set(english, chinese);
    else SHAPES.push({ shape: shapeOf(english), chinese, says: english.replace(/\{[nw]?\}/g, "").length });
  }
SHAPES.sort((a, b) => b.says - a.says); // the more it says, the surer it is the one

function shapeOf(english: string): RegExp {
  const parts = english.split(/(\{[nw]?\})/).map((part) => {
    if (part === "{}") return "((?:(?!\\. [A-Z]).)+?)"; // what is filled in is never the end of one sentence and another
    if (part === "{w}") return "([^\\s,;]+)";
    return part === "{n}" ? "(-?[\\d.,]+(?:e[-+]?\\d+)?)" : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^${parts.join("")}$`, "s");
}

/** Return the sentence in the page's language; what is not known stays as it is. */
export function said(sentence: string): string {
  if (language.value !== "zh") return sentence;
  let chinese = told.get(sentence);
  if (chinese === undefined) {
    chinese = inChinese(sentence);
    if (told.size >= MOST_TOLD) told.clear();
    told.set(sentence, chinese);
  }
  return chinese;
}

function inChinese(sentence: string): string {
  const whole = WHOLE.get(sentence);
  if (whole !== undefined) return whole;
  const pointed = POINTER.exec(sentence);
  if (pointed?.[2]) return ofPart(pointed[1] ?? "", pointed[2], sentence);
  for (const { shape, chinese } of SHAPES) {
    const found = shape.exec(sentence);
    if (found)
      return chinese.replace(/\{(=?)(\d)\}/g, (_, asIs: string, place: string) => {
        const given = found[Number(place) + 1] ?? "";
        return asIs ? given : filledIn(given);
      });
  }
  return (
    listed(sentence, "\n", "\n") ??
    listed(sentence, /(?<=\.) (?=[A-Z])/, "") ??
    listed(sentence, "; ", "；") ??
    framed(sentence)
  );
}

/** What is filled in: a sentence, a word, or words that all are known, one after the other. */
function filledIn(text: string): string {
  const words = text.split(", ").map((word) => WHOLE.get(word));
  return words.length > 1 && words.every((word) => word !== undefined) ? words.join("、") : inChinese(text);
}

/** What is wrong with one part of what was sent; `#/zones/1/polygon` is the second of the zones, and its corners. */
function ofPart(pointer: string, detail: string, sentence: string): string {
  const known = inChinese(detail);
  if (known === detail) return sentence;
  const steps = pointer.split("/").slice(1);
  const named = steps.map((step) => (/^\d+$/.test(step) ? `第 ${Number(step) + 1} 项` : (PARTS[step] ?? step)));
  return named.length > 0 ? `${named.join(" ")}：${known}` : known;
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
    const place = WHOLE.get(at[1]);
    if (known !== at[2] || place !== undefined)
      return `${place ?? at[1].replace(/^line (\d+)$/, "第 $1 行")}：${known}`;
  }
  return sentence;
}
