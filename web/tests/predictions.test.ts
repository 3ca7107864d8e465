import { describe, expect, test } from "vitest";

import { mostFrequent } from "~/pages/data/columns";
import { isFull, usedWords } from "~/pages/platform/quotas";
import { lineReader, listed, listSql, moment, sqlText } from "~/pages/predictions/asking";
import { parseExactly, writeExactly } from "~/api/exact";
import { plotOf } from "~/pages/predictions/plot";
import { resultCsv } from "~/pages/predictions/results";
import { firstRow } from "~/pages/predictions/story";
import { differencesOf } from "~/pages/versions/packages";

const NONE = { status: "", purpose: "", version: "", caller: "", since: "all", from: "", to: "" };

test("filters become a condition each, and no text leaves its quotes", () => {
  expect(listSql(NONE, "")).not.toContain("where");
  expect(listSql({ ...NONE, status: "5xx", purpose: "try", version: "3", since: "1h" }, "0192")).toContain("where status >= 500 and coalesce(purpose, 'live') = 'try' and version = 3 and time > now()::timestamp - interval '1 hour' and id < '0192'");
  expect(listSql({ ...NONE, caller: "o'neil') or true --", version: "1 or 1=1", status: "x" }, "")).toContain("where (contains(lower(key), 'o''neil'') or true --')) order by");
  expect(listSql({ ...NONE, caller: "dash" }, "", new Map([["k1", "Dashboard"], ["k2", "other"]]))).toContain("where (contains(lower(key), 'dash') or key = 'k1') order by");
  expect(sqlText("'")).toBe("''''");
  expect(listSql({ ...NONE, since: "between", from: "2026-01-01T00:00", to: "never" }, "")).toMatch(/where time >= '20\d\d-[\dT:-]+'::timestamp order/);
  expect(moment("")).toBe("");
});

test("rows of an answer are objects, in UTC", () => {
  const [row] = listed({ columns: [{ name: "id", type: "VARCHAR" }, { name: "time", type: "TIMESTAMP" }, { name: "key", type: "VARCHAR" }], rows: [["a", "2026-01-01 10:00:00", "ana"]], truncated: false, seconds: 0, left_out: [] });
  expect(row).toMatchObject({ id: "a", time: "2026-01-01T10:00:00Z", caller: "ana" });
});

test("lines are read as they come, cut anywhere", () => {
  const seen: unknown[] = [];
  const take = lineReader((line) => seen.push(line));
  for (const part of ['{"a"', ':1}\n\n{"a":2}', "\n"]) take(part);
  expect(seen).toEqual([{ a: 1 }, { a: 2 }]);
});

test("results are downloaded as CSV, lists as JSON, formulas as text", () => {
  expect(resultCsv({ columns: [{ name: "a", type: "X" }, { name: "b", type: "X" }], rows: [[[1, 2], "=1"]] })).toBe('a,b\n"[1,2]",\'=1');
});

test("inputs that a form can show are tried again", () => {
  expect(firstRow({ inputs: [{ a: 1 }] })).toEqual({ a: 1 });
  for (const input of [{ inputs: [[1]] }, { inputs: [] }, "text", null, 3]) expect(firstRow(input)).toBeUndefined();
});

test("packages of two versions differ by what was added, removed and changed", () => {
  const before = [{ name: "numpy", version: "1" }, { name: "old", version: "2" }, { name: "same", version: "3" }];
  expect(differencesOf(before, [{ name: "numpy", version: "2" }, { name: "same", version: "3" }, { name: "new", version: "1" }])).toEqual([
    { name: "new", change: "added", before: undefined, after: "1" },
    { name: "numpy", change: "changed", before: "1", after: "2" },
    { name: "old", change: "removed", before: "2", after: undefined },
  ]);
});

test("quotas say what is used of what", () => {
  const used = { cores: 2, memory_bytes: 1 << 30, gpus: 0, disk_bytes: 0, replicas: 3 };
  const limits = { cores: 4, memory_bytes: null, gpus: null, disk_bytes: null, replicas: 3 };
  expect(usedWords({ used, limits, is_default: false }, "cores")).toBe("2 of 4");
  expect(usedWords({ used, limits, is_default: false }, "memory_bytes")).toBe("1 GiB");
  expect(usedWords({ used, limits, is_default: true }, "cores")).toBe("4");
  expect([isFull({ used, limits }), isFull({ used, limits: { ...limits, replicas: 4 } }), isFull({ used, limits: null })]).toEqual([true, false, false]);
  expect(mostFrequent([{ value: "Gent", count: 12 }, { value: true, count: 1 }])).toBe("Gent (12), true (1)");
});

test("integers are kept as they were written", () => {
  const text = '{"id":9007199254740993,"low":-9223372036854775808,"plain":42,"half":0.5,"big":1e300}';
  const found = parseExactly(text) as Record<string, unknown>;
  expect(found["id"]).toBe(9007199254740993n);
  expect(found["plain"]).toBe(42);
  expect(found["big"]).toBe(1e300);
  expect(writeExactly(found)).toBe(text.replace("1e300", "1e+300"));
  expect(resultCsv({ columns: [{ name: "a", type: "BIGINT" }], rows: [[9007199254740993n as never]] })).toBe("a\n9007199254740993");
});

describe("a query is drawn", () => {
  const columns = (...types: string[]) => types.map((type, place) => ({ name: `c${place}`, type }));

  test("over time, in order", () => {
    const plot = plotOf({ columns: columns("TIMESTAMP", "VARCHAR", "BIGINT"), rows: [["2026-01-02T00:00:00", "x", 2], ["2026-01-01T00:00:00", "y", null]] });
    expect(plot).toEqual({ kind: "lines", across: "c0", isTime: true, at: [1767225600, 1767312000], lines: [{ label: "c2", values: [null, 2] }] });
  });

  test("over a number, and by a text as bars", () => {
    expect(plotOf({ columns: columns("INTEGER", "DOUBLE"), rows: [[2, 0.5], [1, 0.25]] })).toMatchObject({ isTime: false, at: [1, 2], lines: [{ values: [0.25, 0.5] }] });
    expect(plotOf({ columns: columns("VARCHAR", "DOUBLE"), rows: [["a", 1], ["b", 2]] })).toEqual({ kind: "bars", across: "c0", measure: "c1", bars: [{ label: "a", value: 1 }, { label: "b", value: 2 }] });
  });

  test("only where there is something to draw", () => {
    expect(plotOf({ columns: columns("VARCHAR"), rows: [["a"], ["b"]] })).toBeUndefined();
    expect(plotOf({ columns: columns("INTEGER"), rows: [[1], [2]] })).toBeUndefined();
    expect(plotOf({ columns: columns("VARCHAR", "INTEGER"), rows: [["a", 1]] })).toBeUndefined();
  });
});
