import { describe, expect, it } from "vitest";
import type { Alert, FeedItem, Severity } from "../src/api/types";
import { AGAIN_MS, listen, mute, MUTED_MS, QUIET } from "../src/board/alarm";
import { gather, isFlood, rate, standsAlone } from "../src/board/flood";
import { compare, EVERYTHING, Held, isDealtWith, passes } from "../src/board/order";
import { type BoardPage, BoardStore, type Entry } from "../src/board/store";

const NOW = Date.parse("2026-11-23T04:30:00Z");

function alert(id: string, about: Partial<Alert> = {}): Alert {
  return {
    id,
    rule: "gas.leak",
    severity: "major",
    condition: "active",
    acknowledged: false,
    acknowledged_by: null,
    acknowledged_at: null,
    shelved_until: null,
    shelve_reason: null,
    grid: "01",
    subject: `device-${id}`,
    since: "2026-11-23T04:00:00.000000Z",
    raised_at: "2026-11-23T04:00:00.000000Z",
    cleared_at: null,
    reason: { text: "why" },
    clear_reason: null,
    config_version: "v1",
    members: [],
    camera: null,
    place: null,
    previous: null,
    flapping: false,
    inhibited_by: null,
    revision: 1,
    evidence: [],
    evidence_missing: [],
    owner: null,
    verdict: null,
    ...about,
  };
}

function page(seq: number, items: Entry[], next: string | null = null): BoardPage {
  return {
    seq,
    at: new Date(NOW).toISOString(),
    items,
    next,
    counts: { waiting: {}, dealt_with: {}, shelved: 0 },
    blinding: [],
  };
}

const entry = (one: Alert, symptoms: string[] = []): Entry => ({ ...one, symptoms, case: null });
const item = (seq: number, one: Alert): FeedItem => ({ seq, type: "alert.updated", at: "", alert: one });

describe("the board's store", () => {
  it("follows incidents as they come, change and go", () => {
    const store = new BoardStore(page(10, [entry(alert("a"))]));
    expect(store.apply(item(11, alert("b")))).toEqual({ id: "b", kind: "came" });
    expect(store.apply(item(12, alert("b", { acknowledged: true })))).toEqual({ id: "b", kind: "changed" });
    expect(store.apply(item(13, alert("a", { condition: "cleared" })))).toEqual({ id: "a", kind: "went" });
    expect(store.apply(item(12, alert("a")))).toBeNull();
    expect([...store.incidents.keys()]).toEqual(["b"]);
  });

  it("counts each symptom once, however often it is told of, and until it ends or surfaces", () => {
    const store = new BoardStore(page(1, [entry(alert("cause"), ["s1"])]));
    store.apply(item(2, alert("s2", { inhibited_by: "cause" })));
    store.apply(item(3, alert("s2", { inhibited_by: "cause", flapping: true })));
    expect(store.symptomsOf("cause")).toBe(2);
    expect(store.incidents.has("s2")).toBe(false);
    store.apply(item(4, alert("s1", { inhibited_by: "cause", condition: "cleared" })));
    expect(store.symptomsOf("cause")).toBe(1);
    expect(store.apply(item(5, alert("s2")))).toEqual({ id: "s2", kind: "came" });
    expect(store.symptomsOf("cause")).toBe(0);
  });

  it("equals the database whatever happens while its pages are read", () => {
    // Page one at 10, page two at 20; the feed is only at 15 when page two comes in, and at 25 when page three does.
    const store = new BoardStore(page(10, [entry(alert("a")), entry(alert("b"))], "two"));
    store.apply(item(12, alert("a", { condition: "cleared" })));
    store.addPage(page(20, [entry(alert("c", { revision: 4 }))], "three"));
    store.apply(item(18, alert("c", { revision: 4 })));
    store.apply(item(22, alert("d", { condition: "cleared" })));
    store.apply(item(23, alert("s", { condition: "cleared", inhibited_by: "b" })));
    expect(store.complete).toBe(false);
    store.addPage(page(21, [entry(alert("d")), entry(alert("e"), ["s"])]));
    expect(store.complete).toBe(true);
    expect([...store.incidents.keys()].sort()).toEqual(["b", "c", "e"]);
    expect(store.symptomsOf("e")).toBe(0);
  });

  it("says that an alert is stale while its device is silent or its camera lost", () => {
    const leak = alert("a", { subject: "gas-1" });
    const parked = alert("p", { rule: "parking.illegal", camera: "cam-1", subject: "zone@1,1" });
    const store = new BoardStore(page(1, [entry(leak), entry(parked)]));
    expect(store.staleBy(leak)).toBeNull();
    store.apply(item(2, alert("q", { rule: "device.silent", subject: "gas-1", inhibited_by: "gateway" })));
    store.apply(item(3, alert("l", { rule: "camera.lost", subject: "cam-1", camera: "cam-1" })));
    expect(store.staleBy(leak)).toBe("device.silent");
    expect(store.staleBy(parked)).toBe("camera.lost");
    expect(store.staleBy(alert("l", { rule: "camera.lost", subject: "cam-1", camera: "cam-1" }))).toBeNull();
    store.apply(item(4, alert("q", { rule: "device.silent", subject: "gas-1", condition: "cleared" })));
    expect(store.staleBy(leak)).toBeNull();
  });

  it("links an alert to its case until the case ends or gives it away", () => {
    const store = new BoardStore(page(1, [entry(alert("a")), entry(alert("b"))]));
    const found = { id: "c", number: "2026-000001", department: null, overdue: false } as unknown as NonNullable<
      FeedItem["case"]
    >;
    store.apply({ seq: 2, type: "case.filed", at: "", case: { ...found, stage: "filed", alerts: ["a", "b"] } });
    expect(store.caseOf("a")?.number).toBe("2026-000001");
    store.apply({ seq: 3, type: "case.split", at: "", case: { ...found, stage: "filed", alerts: ["a"] } });
    expect(store.caseOf("b")).toBeNull();
    store.apply({ seq: 4, type: "case.closed", at: "", case: { ...found, stage: "closed", alerts: ["a"] } });
    expect(store.caseOf("a")).toBeNull();
  });
});

describe("the order", () => {
  it("puts what waits before what is dealt with, then the worst, then the newest", () => {
    const all = [
      alert("acked", { severity: "critical", acknowledged: true }),
      alert("old", { severity: "major", raised_at: "2026-11-23T03:00:00.000000Z" }),
      alert("new", { severity: "major" }),
      alert("worst", { severity: "critical", raised_at: "2026-11-23T01:00:00.000000Z" }),
      alert("false", { severity: "critical", verdict: { is: "false_alarm", by: "li", at: "", reason: null } }),
    ];
    const ids = all.sort((a, b) => compare(a, b, NOW)).map((one) => one.id);
    expect(ids).toEqual(["worst", "new", "old", "false", "acked"]);
  });

  it("brings a shelved one back when its time is over", () => {
    const shelved = alert("s", { shelved_until: "2026-11-23T05:00:00.000000Z" });
    expect(isDealtWith(shelved, NOW)).toBe(true);
    expect(isDealtWith(shelved, NOW + 3_600_000)).toBe(false);
    const words = () => "";
    expect(passes(shelved, EVERYTHING, NOW, "li", words)).toBe(false);
    expect(passes(shelved, { ...EVERYTHING, show: "shelved" }, NOW, "li", words)).toBe(true);
  });

  it("holds still: what is new waits, what ended stays, until it is made anew", () => {
    const held = new Held();
    held.renew(["a", "b", "c"]);
    held.follow(new Set(["c", "a", "n"]));
    expect(held.shown).toEqual(["a", "b", "c"]);
    expect([...held.waiting]).toEqual(["n"]);
    held.follow(new Set(["c", "a"]));
    expect(held.waiting.size).toBe(0);
    held.renew(["n", "a", "c"]);
    expect(held.shown).toEqual(["n", "a", "c"]);
  });

  it("searches in every word", () => {
    const words = () => "gas leak device-a 鼓楼";
    expect(passes(alert("a"), { ...EVERYTHING, text: "鼓楼 Gas" }, NOW, "li", words)).toBe(true);
    expect(passes(alert("a"), { ...EVERYTHING, text: "gas water" }, NOW, "li", words)).toBe(false);
  });
});

describe("a flood", () => {
  it("begins above ten in ten minutes and ends below five", () => {
    let flood = false;
    const states = [3, 10, 11, 7, 5, 4, 9, 10].map((count) => {
      flood = isFlood(flood, count);
      return flood;
    });
    expect(states).toEqual([false, false, true, true, true, false, false, false]);
  });

  it("counts only the last ten minutes", () => {
    expect(rate([NOW - 600_000, NOW - 599_999, NOW, NOW + 1], NOW)).toBe(2);
  });

  it("drops nothing, and leaves what is critical by itself on top", () => {
    const severities: Severity[] = ["critical", "major", "minor", "warning"];
    const all = Array.from({ length: 200 }, (_, n) =>
      alert(String(n), {
        severity: severities[n % 4] ?? "minor",
        rule: n % 3 ? "gas.leak" : "water.burst",
        grid: String(n % 5),
      }),
    ).sort((a, b) => compare(a, b, NOW));
    const lines = gather(all, (one) => standsAlone(one, false), new Set(["gas.leak|1"]));
    const seen = lines.flatMap((line) => (line.kind === "group" ? (line.open ? [] : line.ids) : [line.id]));
    expect(seen.sort()).toEqual(all.map((one) => one.id).sort());
    expect(lines.slice(0, 50).every((line) => line.kind === "alert")).toBe(true);
    expect(lines.length).toBeLessThan(120);
  });
});

describe("the sound", () => {
  it("is that of the worst that came, and a critical one sounds again until somebody acknowledges it", () => {
    let [alarm, tone] = listen(QUIET, { came: ["minor", "critical"], criticalWaits: true }, NOW);
    expect(tone).toBe("critical");
    [alarm, tone] = listen(alarm, { came: [], criticalWaits: true }, NOW + AGAIN_MS - 1);
    expect(tone).toBeNull();
    [alarm, tone] = listen(alarm, { came: [], criticalWaits: true }, NOW + AGAIN_MS);
    expect(tone).toBe("critical");
    [alarm, tone] = listen(alarm, { came: ["warning"], criticalWaits: false }, NOW + 3 * AGAIN_MS);
    expect(tone).toBeNull();
  });

  it("stays silent while muted, and comes back by itself", () => {
    const muted = mute(QUIET, NOW);
    expect(listen(muted, { came: ["critical"], criticalWaits: true }, NOW + 1)[1]).toBeNull();
    expect(listen(muted, { came: [], criticalWaits: true }, NOW + MUTED_MS)[1]).toBe("critical");
    expect(mute(muted, NOW + 5).mutedUntil).toBe(0);
  });
});
