import { describe, expect, test } from "vitest";

import type { TryForm } from "~/api/schema";
import { linesOf, runsOf } from "~/pages/tries/curve";
import { cellsOf, scoredCsv, tableOf } from "~/pages/tries/delimited";
import { fieldsOf, parameterFields, requestParams, requestRow, usualRow, WHOLE } from "~/pages/tries/fields";
import { imageAddress, nice } from "~/pages/tries/input";
import { linkTo, rowOfInputs } from "~/pages/tries/saved";
import { addressOf, numbersIn, rangeOf, rowOf, textOf, variationOf } from "~/pages/tries/scenario";
import { answerRows, differing } from "~/pages/tries/scenarios";

const column = (name: string, type: string, more: object = {}) => ({ name, type, nullable: false, ...more });
const form = (columns: object[], inputs: unknown[] = [], baseline: object[] = []) => ({ signature: { inputs: { kind: "columns", columns, container: "dicts" } }, inputs, baseline }) as unknown as TryForm;
const profile = (name: string, type: string, more: object) => ({ name, type, count: 9, gaps: 0, top: [], ...more });

const COLUMNS = [column("age", "int64"), column("city", "string", { categories: ["Gent", "Lille"] }), column("since", "datetime", { items: "date" }), column("note", "string", { default: "none" })];
const FIELDS = fieldsOf(form(COLUMNS, [{ age: 41, city: "Lille", since: "2025-02-03" }], [profile("age", "integer", { minimum: 18, maximum: 90, mean: 44.4 })]));

describe("fields", () => {
  test("come from signature, baseline and example", () => {
    expect(FIELDS.map(({ kind, usual }) => [kind, usual])).toEqual([["number", 41], ["choice", "Lille"], ["date", "2025-02-03"], ["text", "none"]]);
    expect(FIELDS[0]).toMatchObject({ min: 18, max: 90, isWhole: true });
    expect(fieldsOf(form(COLUMNS, [], [profile("age", "integer", { minimum: 18, maximum: 90, mean: 44.4 })]))[0]!.usual).toBe(44);
  });

  test("rows of an example may be arrays or bare values", () => {
    expect(fieldsOf(form([column("a", "float64"), column("b", "float64")], [[1.5, 2.5]])).map(({ usual }) => usual)).toEqual([1.5, 2.5]);
    expect(fieldsOf(form([column("a", "string")], ["hello"]))[0]!.usual).toBe("hello");
  });

  test("a tensor without a name is the row itself", () => {
    const fields = fieldsOf({ signature: { inputs: { kind: "tensors", tensors: [{ name: "x", type: "float32", shape: [-1, 2, 2] }], named: false } }, inputs: [], baseline: [] } as unknown as TryForm);
    expect(fields[0]).toMatchObject({ name: WHOLE, kind: "json", usual: [[0, 0], [0, 0]] });
    expect(requestRow(fields, usualRow(fields))).toEqual([[0, 0], [0, 0]]);
  });

  test("a request leaves out what may be left out, and says null of what may not", () => {
    expect(requestRow(FIELDS, { age: 3, city: undefined, since: "2025-01-01", note: undefined })).toEqual({ age: 3, city: null, since: "2025-01-01" });
    const parameters = parameterFields([{ name: "top_k", type: "integer", default: 3, min: 1, max: 9 }]);
    expect(parameters[0]).toMatchObject({ kind: "number", min: 1, max: 9, usual: 3 });
    expect(requestParams(parameters, { top_k: undefined })).toBeUndefined();
    expect(requestParams(parameters, { top_k: 5 })).toEqual({ top_k: 5 });
  });
});

describe("scenarios", () => {
  test("go through the address and back", () => {
    const row = { ...usualRow(FIELDS), age: 52, city: '"><script>' };
    expect(rowOf(textOf(row).text, FIELDS, usualRow(FIELDS))).toEqual(row);
    expect(addressOf("iris:2", { inputs: '{"a":1}', beside: "", vary: "a b" })).toBe("/models/iris:2/try?inputs=%22%7B%5C%22a%5C%22%3A1%7D%22&vary=a+b");
  });

  test("what is no scenario is as usual, and names that are no fields are passed over", () => {
    const usual = usualRow(FIELDS);
    for (const text of ["", "{", "null", "3"]) expect(rowOf(text, FIELDS, usual)).toEqual(usual);
    expect(rowOf('{"age":1,"__proto__":{"x":1},"other":2}', FIELDS, usual)).toEqual({ age: 1, city: "Lille", since: "2025-02-03", note: undefined });
  });

  test("what is too long for an address is left out by name", () => {
    expect(textOf({ photo: "x".repeat(5_000), a: 1 })).toEqual({ text: '{"a":1}', leftOut: ["photo"] });
  });

  test("a number is varied over its range, which holds its value; a choice over what may be chosen", () => {
    expect(rangeOf(FIELDS[0]!, 95)).toEqual([18, 95]);
    expect(rangeOf({ ...FIELDS[0]!, min: undefined }, 10)).toEqual([0, 20]);
    const values = variationOf(FIELDS[0]!, 41) as number[];
    expect([values[0], values.at(-1), values.every(Number.isInteger)]).toEqual([18, 90, true]);
    expect(variationOf(FIELDS[1]!, "Gent")).toEqual(["Gent", "Lille"]);
    expect([nice(0.36), nice(0.2), nice(7), nice(1.2)]).toEqual([0.5, 0.2, 10, 2]);
  });

  test("numbers are found in answers of every form", () => {
    expect(numbersIn(3)).toEqual({ answer: 3 });
    expect(numbersIn({ label: "good", scores: { good: 0.9, bad: 0.1 } })).toEqual({ good: 0.9, bad: 0.1 });
    expect(linesOf([[0.1, 0.9], [0.2, 0.8]], "")).toEqual([{ label: "0", values: [0.1, 0.2] }, { label: "1", values: [0.9, 0.8] }]);
    expect(linesOf([{ price: 251, scores: { dear: 0.75 } }], "a:1").map(({ label }) => label)).toEqual(["a:1"]);
    expect(runsOf([1, 2, 3], [["no", "no", "yes"]])).toEqual([{ at: "1 to 2", answers: ["no"] }, { at: "3", answers: ["yes"] }]);
  });
});

describe("tables", () => {
  test("are read as they are pasted or saved", () => {
    expect(cellsOf('a,b\r\n1,"x, ""y"""\r\n\r\n2,\n')).toEqual([["a", "b"], ["1", 'x, "y"'], ["2", ""]]);
    expect(cellsOf("a\tb\n1,5\t2")).toEqual([["a", "b"], ["1,5", "2"]]);
    expect(cellsOf("\ufeffa;b\n1;2")).toEqual([["a", "b"], ["1", "2"]]);
  });

  test("are typed as the fields say; what is no such value stays for the API to refuse", () => {
    const table = tableOf("age,city,id\n41,Gent,7\nold,,8", FIELDS);
    expect(table.rows).toEqual([{ age: 41, city: "Gent" }, { age: "old", city: null }]);
    expect([table.unused, table.missing]).toEqual([["id"], ["since"]]);
  });

  test("are downloaded with their answers; formulas are text", () => {
    const table = tableOf("age,answer\n41,=1+1", FIELDS);
    expect(scoredCsv(table, [{ answer: 0.5, note: '"><script>' }])).toBe('age,answer,answer (answer),note\n41,\'=1+1,0.5,"""><script>"');
  });
});

test("only what is an image is shown as one", () => {
  expect(imageAddress("iVBORw0KGgoAAA==")).toBe("data:image/png;base64,iVBORw0KGgoAAA==");
  expect(imageAddress('iVBORw0KGgo" onerror="x')).toBeUndefined();
  expect(imageAddress("hello")).toBeUndefined();
});

describe("scenarios", () => {
  const fields = fieldsOf({ signature: { inputs: { kind: "columns", columns: [{ name: "size", type: "float64" }, { name: "__proto__", type: "string" }] } }, inputs: [], baseline: [] } as never);

  test("fill the form by name or by place, and leave what they do not say as usual", () => {
    expect(rowOfInputs(JSON.parse('{"size": 80, "__proto__": "x"}'), fields, usualRow(fields))).toEqual(JSON.parse('{"size": 80, "__proto__": "x"}'));
    expect(rowOfInputs([80], fields, usualRow(fields)).size).toBe(80);
    expect(rowOfInputs("no row", fields, usualRow(fields))).toEqual(usualRow(fields));
  });

  test("show the inputs in which they differ", () => {
    expect(differing([{ inputs: { size: 1, city: "Gent" } }, { inputs: { size: 2, city: "Gent" } }])).toEqual(["size"]);
    expect(differing([{ inputs: { size: 1, city: "Gent" } }])).toEqual(["size", "city"]);
    expect(differing([{ inputs: [1] }, { inputs: [2] }])).toEqual([""]);
  });

  test("have a link that opens them", () => expect(linkTo("priced:2", "01a")).toBe("/models/priced:2/try?scenario=01a"));
});

describe("answers side by side", () => {
  test("have a row for each member of objects, and one row else", () => {
    const answers = [{ price: 3, scores: { cheap: 0.25 } }, { price: 4 }];
    expect(answerRows(answers)).toEqual([
      { name: "price", values: [3, 4] },
      { name: "scores.cheap", values: [0.25, undefined] },
    ]);
    expect(answerRows([3, { price: 4 }])).toEqual([{ name: "", values: [3, { price: 4 }] }]);
  });
});
