// The map of a place, if the console has one: loaded when first needed, because the map's library is large.
import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import type { Alert } from "../api/types";

type PlaceMap = ComponentType<{ alert: Alert; title: string }>;

const modules = import.meta.glob<{ PlaceMap: PlaceMap }>("../map/PlaceMap.tsx");

/** null until it is loaded. */
export const map = signal<PlaceMap | null>(null);

const load = modules["../map/PlaceMap.tsx"];
if (load) void load().then((module) => (map.value = module.PlaceMap));
