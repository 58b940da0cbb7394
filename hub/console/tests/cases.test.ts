// How a case's deadline stands, how far along it is, and what may be done to it: on plain documents.
import { expect, test } from "vitest";
import { ACTIONS, actionsOf, type CaseDetail, type CaseDocument, countdown, reached, WAY } from "../src/cases/case";

const T0 = Date.parse("2026-11-23T08:00:00Z");
const at = (minutes: number) => new Date(T0 + minutes * 60_000).toISOString();

function made(about: Partial<CaseDocument>): CaseDocument {
  const empty = { stage: "handling", alerts: [], suspension: "none", warn_at: at(48), due_at: at(60), overdue: false };
  return { ...empty, ...about } as CaseDocument;
}

test("a deadline runs, draws near, and passes", () => {
  expect(countdown(made({}), T0)).toEqual({ state: "running", ms: 3_600_000 });
  expect(countdown(made({}), T0 + 48 * 60_000).state).toBe("soon");
  expect(countdown(made({}), T0 + 61 * 60_000)).toEqual({ state: "over", ms: 60_000 });
});

test("a suspended case has no time running out, and one without a deadline never had", () => {
  expect(countdown(made({ suspension: "suspended" }), T0 + 9e9).state).toBe("paused");
  expect(countdown(made({ due_at: null, warn_at: null }), T0).state).toBe("none");
});

test("what was done in time stays so however long it waits to be verified", () => {
  expect(countdown(made({ stage: "done", done_at: at(30) }), T0 + 9e9).state).toBe("met");
  expect(countdown(made({ stage: "closed", done_at: at(90), overdue: true }), T0 + 9e9).state).toBe("missed");
});

test("a case that was sent back runs again although it was done once", () => {
  expect(countdown(made({ stage: "dispatched", done_at: at(30) }), T0 + 40 * 60_000).state).toBe("running");
});

test("a case that ended aside is as far as it came", () => {
  expect(reached(made({ stage: "voided", filed_at: at(0), dispatched_at: at(1) }))).toBe(WAY.indexOf("dispatched"));
  expect(reached(made({ stage: "not_filed" }))).toBe(0);
});

test("only what the hub allows is offered, in the order of likelihood", () => {
  const found = { ...made({ alerts: ["a"] }), alert_states: [], possible: ["note", "split", "take"] } as CaseDetail;
  expect(actionsOf(found).map((action) => action.name)).toEqual(["take", "note"]);
  expect(actionsOf({ ...found, alerts: ["a", "b"] }).map((action) => action.name)).toContain("split");
});

test("every order has a name of its own, and no two of one stage a key", () => {
  expect(new Set(ACTIONS.map((action) => action.name)).size).toBe(ACTIONS.length);
  const keys = ACTIONS.map((action) => action.key).filter(Boolean);
  expect(new Set(keys).size).toBe(keys.length);
});
