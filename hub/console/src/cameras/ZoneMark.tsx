// A zone's kind by colour, by the way its line is drawn, and by word.
import { words } from "../i18n";
import type { ZoneKind } from "./zones";

export function ZoneMark({ kind, silent = false }: { kind: ZoneKind; silent?: boolean }) {
  return (
    <span class={`zone-mark ${kind}`}>
      <i aria-hidden="true" />
      {!silent && words(`cameras.kind.${kind}`)}
    </span>
  );
}
