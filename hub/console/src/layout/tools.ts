// What pages add to the header while they are there, such as the board's sound, and beside the page, such as a tour.
import { signal } from "@preact/signals";
import type { ComponentType } from "preact";

export const headerTools = signal<readonly ComponentType[]>([]);
export const asides = signal<readonly ComponentType[]>([]);

/** Show `tool` in the header; call what is returned to take it away. */
export function addTool(tool: ComponentType): () => void {
  headerTools.value = [...headerTools.value, tool];
  return () => {
    headerTools.value = headerTools.value.filter((one) => one !== tool);
  };
}

/** Show `aside` at the right of every page; call what is returned to take it away. */
export function addAside(aside: ComponentType): () => void {
  asides.value = [...asides.value, aside];
  return () => {
    asides.value = asides.value.filter((one) => one !== aside);
  };
}
