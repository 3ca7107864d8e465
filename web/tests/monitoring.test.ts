import { describe, expect, test } from "vitest";

import { along, driftWord, rangeWords, rowsSql, share, sparkPoints, stepsOf } from "~/pages/monitoring/series";

const RANGE = { since: "2026-11-01T00:00:00Z", until: "2026-11-01T04:00:00Z", step_hours: 1 as const };
const NUMBER = { kind: "number" as const, rows: 10, gaps: 0, minimum: 1, maximum: 9, p50: 5, top: [] as { value: string; count: number }[] };

describe("the steps of a dashboard", () => {
  test("are all there, also those without requests", () => {
    const at = stepsOf(RANGE);
    expect(at).toHaveLength(4);
    const steps = [{ start: "2026-11-01T01:00:00Z", requests: 7 }];
    expect(along(at, steps, ({ requests }) => requests, 0)).toEqual([0, 7, 0, 0]);
    expect(along(at, steps, () => null, null)).toEqual([null, null, null, null]);
  });

  test("of days begin at midnight, and end with the day of the end", () => {
    const windows = [{ start: "2026-11-01T00:00:00.25Z" }, { start: "2026-11-01T00:00:01Z" }];
    expect(stepsOf({ ...RANGE, window: 1000, steps: windows })).toEqual([Date.UTC(2026, 10, 1) / 1000 + 0.25, Date.UTC(2026, 10, 1) / 1000 + 1]);
    expect(stepsOf({ since: "2026-11-01T05:00:00Z", until: "2026-11-03T06:00:00Z", step_hours: 24 })).toHaveLength(3);
  });
});

describe("a column", () => {
  test("is said in a few words", () => {
    expect(rangeWords(NUMBER)).toBe("1 to 9, median 5");
    expect(rangeWords({ ...NUMBER, maximum: 1 })).toBe("always 1");
    expect(rangeWords({ ...NUMBER, kind: "text" })).toBe("1 to 9 characters, median 5");
    expect(rangeWords({ ...NUMBER, kind: "category", top: [{ value: "a", count: 6 }, { value: "", count: 4 }] })).toBe("a 60 %, (empty) 40 %");
    expect(rangeWords({ ...NUMBER, gaps: 10 })).toBe("nothing but gaps");
    expect(rangeWords({ ...NUMBER, rows: 0 })).toBe("no rows");
    expect(rangeWords({ ...NUMBER, kind: "time", minimum: 1767225600, maximum: 1767398400 })).toBe("2026-01-01 to 2026-01-03");
  });

  test("is compared where there is a reference", () => {
    const drift = { rows: 1, jensen_shannon: 0.32, distance: 0.3, population_stability: 1, kolmogorov_smirnov: null, wasserstein: null, chance: 0, drifted: true };
    expect(driftWord({ drift, reference: "baseline" })[1]).toBe("drifted");
    expect(driftWord({ drift: { ...drift, drifted: false, distance: 0.05 }, reference: "baseline" })[1]).toBe("as before");
    expect(driftWord({ drift: { ...drift, drifted: false }, reference: "baseline" })[1]).toBe("within chance");
    expect(driftWord({ drift: null, reference: null })).toEqual(["unknown", "not compared"]);
  });

  test("leads to its rows, whatever its name", () => {
    expect(rowsSql('in:a"b', 3, RANGE)).toContain('"in_a""b"');
    expect(rowsSql("out:output", null, RANGE)).toContain('"out"');
    expect(rowsSql("out:class", 3, RANGE)).toContain("version = 3");
    expect(rowsSql("in:x", 3, RANGE)).toContain("time >= '2026-11-01 00:00:00' and time < '2026-11-01 04:00:00'");
  });
});

test("shares have the digits that they need", () => {
  expect([0, 0.0004, 0.031, 0.62].map(share)).toEqual(["0 %", "< 0.1 %", "3.1 %", "62 %"]);
});

test("a small line passes over what is not known", () => {
  expect(sparkPoints([0, null, 1], 100, 20)).toBe("0.0,20.0 100.0,0.0");
});
