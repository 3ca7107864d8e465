import { describe, expect, it } from "vitest";

import { labelsOf } from "~/pages/quality/labelfile";
import { betterName, coverage, errorOf, evaluated, interval, lowerName, matrix, measured, over, stepName, turnedOut } from "~/pages/quality/measures";
import { labelSnippet } from "~/pages/quality/sending";
import { cellsOf, classesOf, keyOf, sourceOf } from "~/pages/quality/values";

describe("labels out of a file", () => {
  it("have numbers as they are written, and leave out what is empty", () => {
    expect(labelsOf("prediction_id,label,row,at\np1,1,0,2026-11-30T00:00:00Z\np2,007,,\np3,-1.5,2,\n")).toEqual({
      labels: [
        { prediction_id: "p1", value: 1, row: 0, at: "2026-11-30T00:00:00Z" },
        { prediction_id: "p2", value: "007" },
        { prediction_id: "p3", value: -1.5, row: 2 },
      ],
    });
    expect(labelsOf("key;truth\n7;yes")).toEqual({ labels: [{ key: "7", value: "yes" }] });
  });

  it("say what is wrong with the header", () => {
    expect(labelsOf("a,b\n1,2")).toEqual({ fault: "The first line names no column prediction_id (or key) and label: it has a, b." });
    expect(labelsOf("id,label\n")).toEqual({ fault: "The file has no rows." });
  });
});

describe("measures", () => {
  const accuracy = { name: "accuracy", value: 0.912, low: 0.9, high: 0.93, custom: false };

  it("are shares or figures, with their interval", () => {
    expect(measured("accuracy", 0.912)).toBe("91 %");
    expect(measured("rmse", 12.3456)).toBe("12.3");
    expect(interval(accuracy)).toBe("90 % to 93 %");
    expect(interval({ ...accuracy, low: null })).toBe("");
    expect(coverage({ rows: 0, labelled: 0 })).toBe("No predictions in this time.");
    expect(coverage({ rows: 1200, labelled: 300 })).toBe("300 of 1,200 predictions have a label (25 %).");
  });

  it("are found in each step", () => {
    const step = { start: "2026-11-01T00:00:00Z", estimate: null, measured: { rows: 1, labelled: 1, coverage: 1, worth: null, metrics: [accuracy] } };
    expect(over([step, { ...step, measured: { ...step.measured, metrics: [] } }], "accuracy")).toEqual([accuracy, undefined]);
  });

  it("have a matrix of truths and answers", () => {
    const { names, cell } = matrix({ classes: [{ name: "a", rows: 2, answered: 1, precision: null, recall: null, f1: null }], confusion: [{ truth: "a", answer: "b", rows: 2 }] });
    expect(names).toEqual(["a"]);
    expect([cell("a", "b"), cell("b", "a")]).toEqual([2, 0]);
  });
});

describe("metrics of somebody's own", () => {
  const metric = { days: 3, problem: "", problem_days: 0, note: "" };

  it("say how their evaluation goes, what is wrong first", () => {
    expect(evaluated(metric)).toBe("3 days evaluated.");
    expect(evaluated({ ...metric, problem_days: 1, note: "1 slice has no value: a=b." })).toBe("3 days evaluated, 1 without a value. 1 slice has no value: a=b.");
    expect(evaluated({ ...metric, problem: "It returned nan, not a finite number." })).toBe("It returned nan, not a finite number.");
    expect(evaluated({ ...metric, days: 0 })).toBe("Not evaluated yet: it waits for labels.");
    expect(betterName("lower")).toBe("Lower");
  });
});

describe("estimates", () => {
  const held = { labelled: 300, expected: 0.88, truth: 0.86, is_inside: true };
  const accuracy = { name: "accuracy", value: 0.87, low: 0.84, high: 0.91, rows: 600, labelled: 400, held };

  it("are off by points, or by a figure of quantities", () => {
    expect(errorOf(accuracy)).toBe("2.0 points");
    expect(errorOf({ ...accuracy, name: "mae", held: { ...held, expected: 12.5, truth: 10 } })).toBe("2.5");
    expect(errorOf({ ...accuracy, held: null })).toBe("");
  });

  it("say how they turned out", () => {
    expect(turnedOut({ total: accuracy, held: 14, inside: 13, error: 0.0112, missing: "" })).toBe("13 of 14 estimates that were held against labels since had the truth in their interval; they were 1.1 points off on average.");
    expect(turnedOut({ total: accuracy, held: 0, inside: 0, error: null, missing: "" })).toBe("No estimate of this time could be held against labels yet.");
  });

  it("stand beside their step", () => {
    expect([stepName("2026-11-29T14:00:00Z", "hour"), stepName("2026-11-29T00:00:00Z", "day")]).toEqual(["2026-11-29 14:00", "2026-11-29"]);
  });

  it("have names that fit into a sentence", () => {
    expect([lowerName("accuracy"), lowerName("mae"), lowerName("rmse")]).toEqual(["accuracy", "mean absolute error", "RMSE"]);
  });
});

describe("values of predictions", () => {
  it("are sent by truth and answer, without those that are worth nothing", () => {
    expect(cellsOf({ [keyOf("yes", "no")]: -120, [keyOf("no", "no")]: 0 })).toEqual([{ truth: "yes", answer: "no", value: -120 }]);
  });

  it("may be given for the classes there are, and those that have one", () => {
    const one = (name: string) => ({ name, rows: 1, answered: 1, precision: null, recall: null, f1: null });
    const value = { unit: "EUR", over: 0, under: 0, cells: [{ truth: "gone", answer: "a", value: 1 }] };
    expect(classesOf({ classes: [one("a"), one("b")], value })).toEqual(["a", "b", "gone"]);
    expect(classesOf({ classes: [], value: null })).toEqual([]);
  });

  it("say where they come from", () => {
    const measured = { rows: 9, labelled: 7, coverage: 0.7, worth: 3, metrics: [] };
    expect(sourceOf({ name: "churn", since: "2026-11-01T00:00:00Z", until: "2026-11-29T00:00:00Z", measured })).toBe("Worth of 7 labelled predictions of churn from 2026-11-01 to 2026-11-29");
  });
});

describe("the ways to send labels", () => {
  it.each(["curl", "python", "cli"])("carry the address and the model (%s)", (language) => {
    const text = labelSnippet(language, "https://models.example.org", "churn");
    expect(text).toContain("https://models.example.org");
    expect(text).toContain("churn");
  });
});
