// The arithmetic of the wall: how many tiles stand side by side, and which rows are near enough to be there. Pure.

export const TILE_WIDTHS = { small: 240, medium: 360, large: 560 } as const;
export type TileSize = keyof typeof TILE_WIDTHS;

export const GAP_PX = 10;
const CAPTION_PX = 40;

export interface Wall {
  columns: number;
  rowPx: number;
  rows: number;
  heightPx: number;
}

export function wallOf(count: number, widthPx: number, size: TileSize): Wall {
  const least = TILE_WIDTHS[size];
  const columns = Math.max(1, Math.floor((widthPx + GAP_PX) / (least + GAP_PX)));
  const tile = Math.max(0, (widthPx - (columns - 1) * GAP_PX) / columns);
  const rowPx = Math.round((tile * 9) / 16 + CAPTION_PX + GAP_PX);
  const rows = Math.ceil(count / columns);
  return { columns, rowPx, rows, heightPx: rows * rowPx };
}

/** Return the first tile that is there and the first that is not: what is in view and one row around it. */
export function inView(wall: Wall, scrollPx: number, viewPx: number, count: number): [number, number] {
  const first = Math.max(0, Math.floor(scrollPx / wall.rowPx) - 1);
  const last = Math.min(wall.rows, Math.ceil((scrollPx + viewPx) / wall.rowPx) + 1);
  return [Math.min(count, first * wall.columns), Math.min(count, last * wall.columns)];
}
