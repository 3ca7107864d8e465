import { describe, expect, it } from "vitest";

import { parametersOf } from "~/pages/pipelines/begin";
import { layoutOf } from "~/pages/pipelines/layout";
import { mayResume, stepDoes, stepState } from "~/pages/pipelines/states";

describe("the places of steps", () => {
  it("puts each step after those that it needs, beside them", () => {
    const { steps, lines, columns, rows } = layoutOf([
      { name: "split", needs: [] },
      { name: "fit", needs: ["split"] },
      { name: "report", needs: ["split"] },
      { name: "deploy", needs: ["fit"] },
      { name: "compare", needs: ["deploy", "split"] },
    ]);
    expect(steps.map(({ name, column, row }) => [name, column, row])).toEqual([["split", 0, 0], ["fit", 1, 0], ["report", 1, 1], ["deploy", 2, 0], ["compare", 3, 0]]);
    expect(lines.map(({ from, to }) => `${from.name}-${to.name}`)).toEqual(["split-fit", "split-report", "fit-deploy", "deploy-compare", "split-compare"]);
    expect([columns, rows]).toEqual([4, 2]);
  });

  it("gives no two steps the same place", () => {
    const many = Array.from({ length: 30 }, (_, place) => ({ name: `s${place}`, needs: place < 3 ? [] : [`s${place % 3}`, `s${place - 3}`] }));
    const { steps } = layoutOf(many);
    expect(new Set(steps.map(({ column, row }) => `${column} ${row}`)).size).toBe(30);
  });

  it("has room for a graph without steps", () => {
    expect(layoutOf([])).toEqual({ steps: [], lines: [], columns: 0, rows: 1 });
  });
});

describe("words of a run", () => {
  it("says what a step does and waits for", () => {
    expect(stepDoes({ kind: "function", function: "a.py:fit" })).toBe("a.py:fit");
    expect(stepDoes({ kind: "deploy", function: "" })).toBe("deploys a candidate");
    expect(stepState({ kind: "approval", state: "running" })).toEqual(["attention", "waits for people"]);
    expect(["running", "succeeded", "rejected"].filter(mayResume)).toEqual(["rejected"]);
  });

  it("reads parameters as their types say, and leaves out what is empty", () => {
    const parameters = [
      { name: "rate", type: "float", required: false, default: 0.1 },
      { name: "names", type: "list", required: false, default: null },
      { name: "note", type: "str", required: false, default: "" },
      { name: "depth", type: "int", required: false, default: 3 },
    ] as never;
    expect(parametersOf(parameters, { rate: 0.5, names: '["a"]', note: "", depth: null })).toEqual({ rate: 0.5, names: ["a"], note: "" });
    expect(() => parametersOf(parameters, { names: "[" })).toThrow(/^names is no JSON/);
  });
});
