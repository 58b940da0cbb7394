// What may be wider than the page: it scrolls by itself, and can be reached and scrolled by the keyboard.
import type { ComponentChildren } from "preact";

export function ScrollX({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <section class="scroll-x" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
