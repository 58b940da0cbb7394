// How fast and how large one likes the pictures, remembered in this browser.
import { signal } from "@preact/signals";
import { TILE_WIDTHS, type TileSize } from "./wall";

export const FPS = [1, 2, 3, 5] as const;
const STORED_FPS = "lianqin.cameras.fps";
const STORED_SIZE = "lianqin.cameras.size";

function size(): TileSize {
  const found = localStorage.getItem(STORED_SIZE) ?? "";
  return found in TILE_WIDTHS ? (found as TileSize) : "medium";
}

function fps(): number {
  const found = Number(localStorage.getItem(STORED_FPS));
  return FPS.some((one) => one === found) ? found : 2;
}

export const chosenSize = signal<TileSize>(size());
export const chosenFps = signal<number>(fps());

export function tellSize(chosen: TileSize): void {
  localStorage.setItem(STORED_SIZE, chosen);
  chosenSize.value = chosen;
}

export function tellFps(chosen: number): void {
  localStorage.setItem(STORED_FPS, String(chosen));
  chosenFps.value = chosen;
}
