// Whether the window is at least so wide: for what is laid out differently, not only styled.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

export function useWide(px: number): boolean {
  const wide = useSignal(typeof matchMedia === "undefined" || matchMedia(`(min-width: ${px}px)`).matches);
  useEffect(() => {
    const query = matchMedia(`(min-width: ${px}px)`);
    const look = () => {
      wide.value = query.matches;
    };
    look();
    query.addEventListener("change", look);
    return () => query.removeEventListener("change", look);
  }, [px]);
  return wide.value;
}
