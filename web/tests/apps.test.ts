import { describe, expect, test } from "vitest";

import { beginning, fieldOf, questionOf } from "~/pages/apps/fields";
import { chosen, readValue, writtenValue } from "~/pages/apps/inputs";
import { marked } from "~/parts/prose";

const SIZE = { name: "size", label: "Living space", unit: "m²", help: "", kind: "number" as const, min: 20, max: 200, step: 5, default: 80, choices: null, open: false, whole: false, zone: false, empty: "refused" as const };

describe("an app's form", () => {
  test("has the words of the app", () => {
    expect(fieldOf(SIZE)).toMatchObject({ name: "size", label: "Living space (m²)", kind: "number", min: 20, max: 200, step: 5, usual: 80, mayMiss: false });
    expect(fieldOf({ name: "city", kind: "choice", choices: ["Gent"], empty: "null" }).label).toBe("city");
  });

  test("begins with its defaults, and asks with what it shows alone", () => {
    expect(beginning([SIZE, { name: "note" }])).toEqual({ size: 80, note: null });
    expect(questionOf([SIZE], { size: 90, other: 1 })).toEqual({ size: 90 });
    expect(questionOf([SIZE], {})).toEqual({ size: null });
  });
});

describe("the editor", () => {
  test("writes values as people do, and reads them back", () => {
    for (const value of ["Gent", "12", "true", 12, 0.5, true, null, [1, 2], { a: 1 }, '"quoted"']) expect(readValue(writtenValue(value))).toEqual(value);
    expect(readValue("Gent")).toBe("Gent");
  });

  test("keeps the types of choices", () => expect(chosen("1\nGent\nnew", [1, "Gent", true])).toEqual([1, "Gent", "new"]));
});

test("a text has bold, italic and code, and nothing else", () => {
  const parts = marked("a **b** *c* `d` <b>e</b> [f](javascript:x)");
  const kinds = parts.map((part) => (typeof part === "object" && part !== null && "type" in part ? part.type : part));
  expect(kinds).toEqual(["a ", "strong", " ", "em", " ", "code", " <b>e</b> [f](javascript:x)"]);
});
