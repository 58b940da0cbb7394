// Counts of ten minutes each in, bars for a chart of limited width out; pure.

export interface Bar {
  /** The first of the ten minutes it stands for, and how many there are. */
  first: number;
  span: number;
  /** The most in any ten minutes of it: what operators had to bear. */
  most: number;
  flood: boolean;
}

/** Return at most `limit` bars over `counts`; a bar is in flood where any part of it is. */
export function bars(counts: readonly number[], floods: readonly (readonly [number, number])[], limit: number): Bar[] {
  const span = Math.max(1, Math.ceil(counts.length / limit));
  const found: Bar[] = [];
  for (let first = 0; first < counts.length; first += span) {
    const part = counts.slice(first, first + span);
    const past = first + part.length;
    found.push({
      first,
      span: part.length,
      most: Math.max(...part),
      flood: floods.some(([begin, end]) => begin < past && end > first),
    });
  }
  return found;
}

/** Return a round number at or above `most` for the top of an axis. */
export function ceiling(most: number): number {
  if (most <= 5) return 5;
  const power = 10 ** Math.floor(Math.log10(most));
  for (const step of [1, 2, 2.5, 5, 10]) if (step * power >= most) return step * power;
  return 10 * power;
}
