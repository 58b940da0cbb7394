// What pages add to the header while they are there, such as the board's sound.
import { signal } from "@preact/signals";
import type { ComponentType } from "preact";

export const headerTools = signal<readonly ComponentType[]>([]);

/** Show `tool` in the header; call what is returned to take it away. */
export function addTool(tool: ComponentType): () => void {
  headerTools.value = [...headerTools.value, tool];
  return () => {
    headerTools.value = headerTools.value.filter((one) => one !== tool);
  };
}
