// Cases kept up to date by the feed: whoever shows some is told of each change of any.
import { useEffect, useRef } from "preact/hooks";
import { feed } from "../api/feed";
import type { CaseDocument } from "./case";

/** Call `changed` with every case that the feed tells of, and `lost` where items were lost for good. */
export function useCaseFeed(changed: (found: CaseDocument, type: string) => void, lost: () => void): void {
  const latest = useRef({ changed, lost });
  latest.current = { changed, lost };
  useEffect(() => {
    const ends = [
      feed.onItem((item) => {
        if (item.case) latest.current.changed(item.case as unknown as CaseDocument, item.type);
      }),
      feed.onGap(() => latest.current.lost()),
    ];
    return () => {
      for (const end of ends) end();
    };
  }, []);
}
