// Many spots on a screen in; single spots, and clusters where they would cover one another, out: pure.

export interface Spot<Thing> {
  x: number;
  y: number;
  thing: Thing;
}

export interface Cell<Thing> {
  x: number;
  y: number;
  things: Thing[];
}

/**
 * Put spots together that share a square of `size` pixels. `originX`, `originY` fix the squares to the ground, so that
 * a map that is moved does not shuffle its clusters. With `size` 0 every spot stands alone.
 */
export function cells<Thing>(spots: Iterable<Spot<Thing>>, size: number, originX = 0, originY = 0): Cell<Thing>[] {
  if (size <= 0) return Array.from(spots, ({ x, y, thing }) => ({ x, y, things: [thing] }));
  const found = new Map<string, Cell<Thing>>();
  for (const { x, y, thing } of spots) {
    const key = `${Math.floor((x - originX) / size)} ${Math.floor((y - originY) / size)}`;
    const cell = found.get(key);
    if (cell) {
      // Where the spots are, not where the square is.
      cell.x += (x - cell.x) / (cell.things.length + 1);
      cell.y += (y - cell.y) / (cell.things.length + 1);
      cell.things.push(thing);
    } else found.set(key, { x, y, things: [thing] });
  }
  return [...found.values()];
}

/** Return the cell nearest to a point, no farther than `reach` pixels. */
export function nearest<Thing>(list: readonly Cell<Thing>[], x: number, y: number, reach: number): Cell<Thing> | null {
  let best: Cell<Thing> | null = null;
  let least = reach * reach;
  for (const cell of list) {
    const away = (cell.x - x) ** 2 + (cell.y - y) ** 2;
    if (away <= least) {
      best = cell;
      least = away;
    }
  }
  return best;
}

/** Left, top, right, bottom on the screen. */
export type Box = readonly [number, number, number, number];

/** How far up or down a name may move to lie where nothing else does, nearest first. */
const SHIFTS = [0, -22, 22, -40, 40, -58, 58];

/**
 * Return how far down a name's `box` is best moved so that it lies on no name of `taken`, and on as few of `spots` as
 * can be; null where it would lie on another name wherever it went.
 */
export function shiftOf(box: Box, taken: readonly Box[], spots: readonly Box[]): number | null {
  let best: number | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const shift of SHIFTS) {
    const moved: Box = [box[0], box[1] + shift, box[2], box[3] + shift];
    if (taken.some((other) => overlaps(moved, other))) continue;
    const covered = spots.filter((other) => overlaps(moved, other)).length;
    if (covered < least) [best, least] = [shift, covered];
    if (covered === 0) break;
  }
  return best;
}

function overlaps(one: Box, other: Box): boolean {
  return one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3];
}
