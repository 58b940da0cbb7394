// Zones that were drawn and not saved, kept in this tab: to leave the page by a slip costs no work.
import type { Zone } from "./zones";

const key = (camera: string) => `lianqin.zones.${camera}`;

export function keepDraft(camera: string, version: string, zones: readonly Zone[]): void {
  try {
    sessionStorage.setItem(key(camera), JSON.stringify({ version, zones }));
  } catch {
    // No room in this browser: the page itself still holds them.
  }
}

/** Return what was drawn over this very version, or null. */
export function keptDraft(camera: string, version: string): Zone[] | null {
  try {
    const found = JSON.parse(sessionStorage.getItem(key(camera)) ?? "null") as {
      version: string;
      zones: Zone[];
    } | null;
    return found && found.version === version && Array.isArray(found.zones) ? found.zones : null;
  } catch {
    return null;
  }
}

export function clearDraft(camera: string): void {
  sessionStorage.removeItem(key(camera));
}
