/** Environments: their words, their order, and what was typed. */
import { describe, expect, it } from "vitest";

import type { NamedEnvironment } from "~/api/schema";
import { rowsOf } from "~/pages/environments/packages";
import { chosen, deprecationWords, originWords, requirementsOf } from "~/pages/environments/words";

const ORIGIN = { requirements: [], base: "", version: "", lock: false, file: "" };

function named(name: string, project: string | null, more: Partial<NamedEnvironment> = {}): NamedEnvironment {
  return { name, project, notes: "", is_default: false, restricted: false, deprecation: null, in_use: false, latest: null, created_at: "", created_by: "", ...more };
}

describe("environments", () => {
  it("say what they were made from", () => {
    expect(originWords({ ...ORIGIN, base: "base:1", requirements: ["a", "b", "c", "d"] })).toBe("from base:1 with a, b, c and 1 more");
    expect(originWords({ ...ORIGIN, file: "conda.yaml", requirements: ["a"] })).toBe("from conda.yaml");
    expect(originWords({ ...ORIGIN, version: "iris:3" })).toBe("from the model iris:3");
    expect(originWords({ ...ORIGIN, lock: true })).toBe("from a lock");
    expect(originWords(ORIGIN)).toBe("–");
  });

  it("say why they are deprecated and what to use", () => {
    expect(deprecationWords({ note: "It leaks.", successor: "base:4", at: "", by: "" })).toBe("deprecated: It leaks; use base:4 instead");
    expect(deprecationWords({ note: "", successor: "", at: "", by: "" })).toBe("deprecated");
  });

  it("are listed curated ones first, and filtered", () => {
    const all = [named("zebra", null), named("own", "lab", { in_use: true }), named("base", null, { notes: "For Forecasts" })];
    const names = (view: object) => chosen(all, { q: "", project: "", kind: "", use: "", ...view }).map(({ name }) => name);
    expect(names({})).toEqual(["base", "zebra", "own"]);
    expect(names({ q: "forecasts" })).toEqual(["base"]);
    expect(names({ kind: "own" })).toEqual(["own"]);
    expect(names({ use: "unused" })).toEqual(["base", "zebra"]);
    expect(names({ project: "lab" })).toEqual(["own"]);
    expect(names({ kind: "deprecated" })).toEqual([]);
  });

  it("take requirements as people type them", () => {
    expect(requirementsOf("pandas>=2,<3  # tables\n\nscikit-learn, scipy\n# none")).toEqual(["pandas>=2,<3", "scikit-learn", "scipy"]);
  });

  it("are compared by name, Python first", () => {
    const found = { before: "a:1", after: "a:2", python_before: "3.11.7", python_after: "3.12.1", added: [{ name: "zlib", version: "1" }], removed: [{ name: "attrs", version: "2" }], changed: [{ name: "numpy", before: "1", after: "2" }], unchanged: 0 };
    expect(rowsOf(found).map(({ name, change }) => `${name} ${change}`)).toEqual(["Python changed", "attrs removed", "numpy changed", "zlib added"]);
  });
});
