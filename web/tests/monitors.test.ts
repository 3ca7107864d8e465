import { describe, expect, it } from "vitest";

import type { MonitorResultView, MonitorView } from "~/api/schema";
import { changeOf } from "~/pages/monitors/edit";
import { linesOf } from "~/pages/monitors/monitor";
import { rankOf, resultState, stateOf, thresholdWords, valueWords, windowWords } from "~/pages/monitors/words";

function result(since: string, version: number | null, value: number | null): MonitorResultView {
  return { since, until: since, version, value, complete: true, status: "ok", rows: 100, threshold: 0.1, reference: "", reason: "", columns: [], looks: 1, judged_at: since };
}

function monitor(change: Partial<MonitorView> = {}): MonitorView {
  const latest = { status: "ok", version: 1, since: "", until: "", complete: true, rows: 1, value: 0.05, judged_at: "" } as const;
  return { model: "m", project: "p", name: "inputs", kind: "inputs", version: null, window: "day", reference: "baseline", columns: [], threshold: 0.1, thresholds: {}, severity: "warning", paused: false, source: "default", changed_at: null, changed_by: "", metric: null, worse: null, slice: null, relative: null, least_labels: null, estimated: null, warnings: [], latest, ...change };
}

describe("a monitor in words", () => {
  it("says what its last window was", () => {
    expect(stateOf(monitor())).toEqual(["ok", "fine"]);
    expect(stateOf(monitor({ paused: true }))).toEqual(["unknown", "paused"]);
    expect(stateOf(monitor({ latest: null }))).toEqual(["unknown", "nothing judged yet"]);
    expect(resultState({ status: "ok", complete: false })).toEqual(["ok", "fine so far"]);
    expect(resultState({ status: "not_judged", complete: true })).toEqual(["unknown", "not judged"]);
  });

  it("comes first where it is in alarm", () => {
    const alarm = monitor({ latest: { ...monitor().latest!, status: "alarm" } });
    const ranked = [monitor({ paused: true }), monitor({ latest: null }), monitor(), alarm].sort((one, other) => rankOf(one) - rankOf(other));
    expect(ranked[0]).toBe(alarm);
    expect(ranked[3]!.paused).toBe(true);
  });

  it("has values in the unit of its kind", () => {
    expect(valueWords("errors", 0.0251)).toBe("2.51 %");
    expect(valueWords("latency", 1500)).toBe("1,500 ms");
    expect(valueWords("inputs", null)).toBe("–");
  });
});

describe("results over time", () => {
  it("are a line a version and the threshold, by the beginning of the window", () => {
    const { at, lines } = linesOf([result("2026-03-02T00:00:00Z", 2, 0.3), result("2026-03-01T00:00:00Z", 1, 0.1), result("2026-03-02T00:00:00Z", 1, null)], 0.1);
    expect(at).toEqual([Date.UTC(2026, 2, 1) / 1000, Date.UTC(2026, 2, 2) / 1000]);
    expect(lines).toEqual([
      { label: "Version 1", values: [0.1, null] },
      { label: "Version 2", values: [null, 0.3] },
      { label: "Threshold", values: [0.1, 0.1] },
    ]);
  });
});

describe("a form of a monitor", () => {
  it("gives what is measured of quality of answers, and nothing of columns", () => {
    const change = changeOf({ kind: "performance", window: "day", severity: "warning", columns: "", thresholds: "", metric: " f1 ", slice: "region=north", relative: false, least_labels: 200, estimated: false, threshold: 0.8 });
    expect(change).toEqual({ window: "day", severity: "warning", threshold: 0.8, metric: "f1", worse: "", slice: "region=north", relative: false, least_labels: 200, estimated: false });
    expect(changeOf({ kind: "performance", window: "day", severity: "warning", metric: "lost", worse: "above", relative: false })).toMatchObject({ metric: "lost", worse: "above" });
    expect(changeOf({ kind: "inputs", window: "day", severity: "warning", metric: "f1", estimated: true })).toEqual({ window: "day", severity: "warning" });
  });

  it("writes a fall as a share, and draws the threshold of each window where it follows from its reference", () => {
    expect(thresholdWords(monitor({ kind: "performance", relative: true, threshold: 0.1 }))).toBe("10 % worse than the reference");
    expect(thresholdWords(monitor({ kind: "performance", relative: false, threshold: 0.8 }))).toBe("0.8");
    const own = [{ ...result("2026-03-02T00:00:00Z", 1, 0.7), threshold: 0.72 }, { ...result("2026-03-01T00:00:00Z", 1, null), status: "not_judged" as const }];
    expect(linesOf(own, null).lines[1]!.values).toEqual([null, 0.72]);
  });

  it("gives columns and thresholds line by line, names with signs of equality too", () => {
    const change = changeOf({ window: "day", severity: "warning", reference: " previous ", columns: "age\n\n income \n", thresholds: "age=0.3\na=b=0.2", threshold: 0.2, version: null });
    expect(change).toEqual({ window: "day", severity: "warning", reference: "previous", columns: ["age", "income"], thresholds: { age: 0.3, "a=b": 0.2 }, threshold: 0.2 });
  });
});

describe("windows", () => {
  it("are of time or of predictions", () => {
    expect([windowWords("week"), windowWords("1000")]).toEqual(["week", "1,000 predictions"]);
  });
});
