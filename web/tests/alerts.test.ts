import { describe, expect, it } from "vitest";

import { barOf, columnName, grouped, isChange, monitorEvidence, predictionsBetween, stateOfAlert, wordOfAlert } from "~/pages/alerts/states";

describe("an alert", () => {
  it("is as severe as it was found until somebody sets it aside, or it is over", () => {
    expect(stateOfAlert({ status: "new", severity: "critical" })).toBe("failing");
    expect(stateOfAlert({ status: "acknowledged", severity: "warning" })).toBe("attention");
    expect(stateOfAlert({ status: "snoozed", severity: "critical" })).toBe("unknown");
    expect(stateOfAlert({ status: "resolved", severity: "critical" })).toBe("ok");
    expect(wordOfAlert({ status: "acknowledged", severity: "critical" })).toBe("critical");
    expect(wordOfAlert({ status: "ignored", severity: "critical" })).toBe("ignored");
  });

  it("stands with those of its group, in the order in which the first of each came", () => {
    const rows = [{ id: "c", group: "a" }, { id: "b", group: null }, { id: "a", group: "a" }];
    expect(grouped(rows).map((group) => group.map(({ id }) => id))).toEqual([["c", "a"], ["b"]]);
  });
});

describe("evidence", () => {
  const evidence = { monitor: "inputs", version: 2, reference: "baseline", window: { since: "2026-11-30T10:00:00Z", until: "2026-11-30T11:00:00Z", rows: 5 }, columns: [{ column: "in:x", measure: "js", value: 0.2, threshold: 0.1, say: "It moved." }, "odd"], slice: { region: "north" } };

  it("of a monitor is read, whatever else is in it", () => {
    const found = monitorEvidence(evidence)!;
    expect(found.columns).toEqual([{ column: "in:x", measure: "js", value: 0.2, threshold: 0.1, say: "It moved." }]);
    expect([found.version, found.window?.rows, found.slice]).toEqual([2, 5, [["region", "north"]]]);
    expect(columnName("in:x")).toBe("x");
  });

  it("of another watcher is none of a monitor, and odd values are no error", () => {
    expect(monitorEvidence({ lost_since_start: 3 })).toBeNull();
    expect(monitorEvidence({ monitor: "inputs", window: 3, columns: "x", version: "2" })).toEqual({ monitor: "inputs", version: null, reference: "", window: null, columns: [], slice: [] });
  });

  it("is drawn beside its threshold, and neither leaves the bar", () => {
    expect(barOf({ value: 0.2, threshold: 0.1 })).toEqual({ length: expect.closeTo(0.952, 3), mark: expect.closeTo(0.476, 3) });
    expect(barOf({ value: 0.05, threshold: 0.1 }).mark).toBeCloseTo(0.952, 3);
    expect(barOf({ value: 3, threshold: null }).mark).toBeNull();
    expect(barOf({ value: 0, threshold: 0 })).toEqual({ length: 0, mark: null });
  });

  it("leads to the predictions of its window", () => {
    expect(predictionsBetween("2026-11-30T10:00:00Z", "2026-11-30T11:00:00Z")).toMatch(/^since=between&from=2026-11-30T\d\d%3A\d\d&to=2026-11-30T\d\d%3A\d\d$/);
  });
});

describe("what changed", () => {
  it("is what was done to the model, and no alert about it", () => {
    expect(["release.changed", "release.rolled_back", "version.registered", "model.paused", "alias.set"].every(isChange)).toBe(true);
    expect(["alert.raised", "comment.added", "monitor.judged", "version.checked"].some(isChange)).toBe(false);
  });
});
