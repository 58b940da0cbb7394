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
