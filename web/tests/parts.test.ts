import { describe, expect, test } from "vitest";

import { isMeant } from "~/app/palette";
import { aroundOne, csvCell, csvOf, lonePoints } from "~/parts/chart";
import { changesOf } from "~/parts/diff";
import { bytes, counted, duration, figure } from "~/parts/figures";
import { isOurs, path } from "~/parts/link";
import { relativeTime } from "~/parts/moment";
import { faultsOf } from "~/parts/schemaform";
import { actionWords, pageOf, personName } from "~/parts/subject";
import { viewOf } from "~/parts/view";

describe("figures", () => {
  test("have three digits at most", () => {
    expect(figure(1234567.891)).toBe("1,230,000");
    expect(figure(0.12345)).toBe("0.123");
    expect(figure(0.0000123)).toBe("1.23e-5");
    expect(figure(4711)).toBe("4,711");
  });

  test("have units", () => {
    expect(bytes(1536)).toBe("1.5 KiB");
    expect(duration(0.0123)).toBe("12.3 ms");
    expect(duration(200)).toBe("3 min 20 s");
    expect(counted(1, "model")).toBe("1 model");
    expect(counted(2, "model is", "models are")).toBe("2 models are");
  });
});

test("times are relative", () => {
  const now = Date.UTC(2026, 0, 2);
  expect(relativeTime("2026-01-01T21:00:00Z", now)).toBe("3 hours ago");
  expect(relativeTime("2026-01-04T00:00:00Z", now)).toBe("in 2 days");
  expect(relativeTime("2026-01-01T23:59:50Z", now)).toBe("just now");
});

describe("links", () => {
  test("lead to our own pages alone", () => {
    expect(isOurs("/models/a")).toBe(true);
    for (const foreign of ["https://example.org", "//example.org", "/\\example.org", "javascript:alert(1)", ""]) expect(isOurs(foreign)).toBe(false);
  });

  test("have names escaped", () => {
    expect(path`/models/${"a/b:2"}`).toBe("/models/a%2Fb:2");
  });
});

describe("a view in the address", () => {
  test("is as usual where nothing, or nonsense, stands there", () => {
    expect(viewOf({ q: 12, archived: "yes" }, { q: "", archived: false, page: 1 })).toEqual({ q: "12", archived: false, page: 1 });
  });
});

describe("a diff", () => {
  test("keeps what is the same", () => {
    const signs = changesOf("a\nb\nc", "a\nc\nd").map(({ change, text }) => `${{ same: " ", added: "+", removed: "-" }[change]}${text}`);
    expect(signs).toEqual([" a", "-b", " c", "+d"]);
  });

  test("of nothing and something is all new", () => {
    expect(changesOf("", "a")).toEqual([{ change: "added", text: "a" }]);
  });
});

test("a form says what is missing and out of range", () => {
  const faults = faultsOf(
    [
      { kind: "text", name: "name", label: "Name", required: true },
      { kind: "number", name: "age", label: "Age", min: 18 },
    ],
    { age: 3 },
  );
  expect(faults).toEqual({ name: "This is needed.", age: "At least 18." });
});

test("a file of points is no program for a spreadsheet", () => {
  expect(csvCell("=1+1")).toBe("'=1+1");
  expect(csvCell('a "b", c')).toBe('"a ""b"", c"');
  expect(csvOf([0], [{ label: "version 1", values: [null] }], false)).toBe("step,version 1\n0,");
});

test("actors and subjects are shown by their names", () => {
  expect(personName("olga (01m8na00wfw6d66wjg02sr2czs)")).toBe("olga");
  expect(pageOf("version", "churn:2")).toBe("/models/churn:2");
  expect(pageOf("token", "x")).toBeUndefined();
  expect(actionWords("request.granted")).toBe("Request granted");
});

test("the palette takes the beginning of a word", () => {
  expect(isMeant("Go to Keys", "key")).toBe(true);
  expect(isMeant("Go to Keys", "eys")).toBe(false);
});

describe("charts of few points", () => {
  test("points without a neighbour are drawn as points", () => {
    expect(lonePoints([null, 3, null, 1, 2, null, undefined, 5])).toEqual([1, 7]);
    expect(lonePoints([4])).toEqual([0]);
  });

  test("a line of neighbours, or of nothing, has none", () => {
    expect(lonePoints([1, 2, 3])).toBeNull();
    expect(lonePoints([null, null])).toBeNull();
    expect(lonePoints([])).toBeNull();
  });

  test("a single point stands in the middle of a day, or of two steps", () => {
    expect(aroundOne(86_400, true)).toEqual({ min: 43_200, max: 129_600 });
    expect(aroundOne(7, false)).toEqual({ min: 6, max: 8 });
  });
});
