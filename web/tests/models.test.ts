import { describe, expect, test } from "vitest";

import { linesOf } from "~/pages/models/records";
import { releaseWords, sharesAfter, stateOf } from "~/pages/models/states";
import { exampleInputs, LANGUAGES, shellQuoted, snippet } from "~/pages/models/snippets";

describe("a release", () => {
  test("is said in words", () => {
    expect(releaseWords({ paused: false, release: [{ version: 2, percent: 100 }] })).toBe("version 2 is live");
    expect(releaseWords({ paused: false, release: [{ version: 1, percent: 80 }, { version: 2, percent: 20 }] })).toBe("versions 1 (80 %) and 2 (20 %) are live");
    expect(stateOf({ paused: true, release: [] })[1]).toBe("paused");
  });

  test("is shown as it will be, by the server's arithmetic", () => {
    expect(sharesAfter([{ version: 1, percent: 75 }, { version: 2, percent: 25 }], 3, 20)).toEqual([
      { version: 1, percent: 60 },
      { version: 2, percent: 20 },
      { version: 3, percent: 20 },
    ]);
    expect(sharesAfter([{ version: 1, percent: 100 }], 2, 100)).toEqual([{ version: 2, percent: 100 }]);
  });
});

test("records are read line by line, the newest first", () => {
  expect(linesOf('{"id":"a"}\n{"id":"b"}\n').map(({ id }) => id)).toEqual(["b", "a"]);
  expect(linesOf("")).toEqual([]);
});

describe("how to call a model", () => {
  const inputs = exampleInputs({ kind: "columns", columns: [{ name: "it's", type: "float64" }, { name: "region", type: "string", categories: ["north"] }] } as never);

  test("has a row that the signature takes", () => {
    expect(inputs).toEqual([{ "it's": 0.5, region: "north" }]);
    expect(exampleInputs({ kind: "tensors", tensors: [{ name: "x", type: "int64", shape: [-1, 2] }] } as never)).toEqual([[1, 1]]);
  });

  test.each(LANGUAGES.map(({ value }) => value))("in %s carries the address, and no secret", (language) => {
    const program = snippet(language, "http://127.0.0.1:8000", "churn", inputs);
    if (language !== "cli") expect(program).toContain("http://127.0.0.1:8000/models/churn/predict");
    if (language !== "cli") expect(program).toContain("UNSHELF_TOKEN");
  });

  test("quotes for a shell", () => {
    expect(shellQuoted("it's")).toBe(`'it'\\''s'`);
  });
});
