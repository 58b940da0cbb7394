// What the hub says of a run in English, in the page's language: the few sentences that there are, known by their shape.
import { type Key, t } from "../i18n";

const SHAPES: readonly [RegExp, Key][] = [
  [
    /^Nobody listened for (?<total>.+) of that time, at the longest from (?<from>.+) to (?<to>.+): what was published/,
    "tuning.said.deaf",
  ],
  [/^Pictures in which nothing moved were looked at only every few seconds/, "tuning.said.still"],
  [/^Boxes below the vision role's own floor were never recorded/, "tuning.said.floor"],
  [/^Of (?<names>.+) nothing is recorded before (?<at>.+): it is older than what is kept/, "tuning.said.later"],
  [/^Of (?<names>.+) nothing that these rules judge is recorded in that time\.$/, "tuning.said.missing"],
  [/^frames that the gate skipped, and boxes below the vision role's floor, were never stored$/, "tuning.said.skipped"],
  [/^loading what was recorded$/, "tuning.said.loading"],
  [/^no tuning role runs: start `lianqin tuning`$/, "tuning.said.no-role"],
  [/^is being cancelled$/, "tuning.said.cancelling"],
];

/** Return the sentence in the page's language; one that is not known stays as it is. */
export function said(sentence: string): string {
  for (const [shape, key] of SHAPES) {
    const found = shape.exec(sentence);
    if (found) return t(key, found.groups ?? {});
  }
  return sentence;
}
