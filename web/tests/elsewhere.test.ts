import { describe, expect, it } from "vitest";

import { datasetPage } from "~/pages/elsewhere/collect";
import { recordsOf, signatureOf } from "~/pages/elsewhere/recordfile";
import { recordSnippet } from "~/pages/elsewhere/records";

describe("records out of a file", () => {
  it("are JSON lines as they are", () => {
    expect(recordsOf('{"inputs": {"age": 41}, "output": "stays", "id": "p1"}\n\n{"inputs": {"age": null}, "output": "leaves"}\n')).toEqual({
      records: [
        { inputs: { age: 41 }, output: "stays", id: "p1" },
        { inputs: { age: null }, output: "leaves" },
      ],
    });
    expect(recordsOf('{"inputs": [1]}')).toEqual({ fault: 'Line 1 has no "inputs" with the columns by their names.' });
    expect(recordsOf('{"inputs": {}}\n{')).toEqual({ fault: "Line 2 is no JSON: write one record a line." });
  });

  it("are rows of a table, whose texts stay as they are written", () => {
    expect(recordsOf("id,time,age,plan,prediction,latency_ms\np1,2026-11-30,30,007,stays,4\np2,,,pro,leaves,", [], new Set(["plan"]))).toEqual({
      records: [
        { inputs: { age: 30, plan: "007" }, output: "stays", id: "p1", time: "2026-11-30", latency_ms: 4 },
        { inputs: { age: null, plan: "pro" }, output: "leaves", id: "p2" },
      ],
    });
    expect(recordsOf("age,price\n30,9.5", ["price"])).toEqual({ records: [{ inputs: { age: 30 }, output: 9.5 }] });
    expect(recordsOf("age,a,b\n30,1,true", ["a", "b"])).toEqual({ records: [{ inputs: { age: 30 }, output: { a: 1, b: true } }] });
    expect(recordsOf("age\n30")).toEqual({ fault: "No column is named output or prediction: there are age." });
    expect(recordsOf("age,output\n")).toEqual({ fault: "There are no records." });
  });

  it("say which signature the model has", () => {
    const records = [
      { inputs: { age: 41, fee: 1, plan: null }, output: 3 },
      { inputs: { age: 7, fee: 1.5, plan: "pro", old: true }, output: 2.5 },
    ];
    expect(signatureOf(records)).toEqual({
      inputs: [{ name: "age", type: "int64" }, { name: "fee", type: "float64" }, { name: "plan", type: "string" }, { name: "old", type: "bool" }],
      outputs: [{ name: "output", type: "float64" }],
    });
    expect(signatureOf([{ inputs: { a: 1 }, output: { label: "x", score: 0.5 } }])).toMatchObject({ outputs: [{ name: "label", type: "string" }, { name: "score", type: "float64" }] });
    expect(signatureOf([{ inputs: { a: 1 } }])).toEqual({ fault: "The records have no answers: give each its output." });
    expect(signatureOf([{ inputs: {}, output: 1 }])).toEqual({ fault: "The records have no inputs." });
  });
});

describe("a way to send a record", () => {
  it("has the columns of the model", () => {
    expect(recordSnippet("curl", "http://x", "churn", ["age"])).toContain('"inputs":{"age":null}');
    expect(recordSnippet("python", "http://x", "churn", ["age"])).toContain('{"age":…}');
  });
});

describe("a collection", () => {
  it("leads to the version that it made", () => {
    expect(datasetPage({ dataset: "churn-seen", number: 3 })).toBe("/data/churn-seen?version=3");
    expect(datasetPage({ dataset: "churn-seen", number: null })).toBe("/data/churn-seen");
  });
});
