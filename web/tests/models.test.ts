import { describe, expect, test } from "vitest";

import { releaseWords, sharesAfter, stateOf, versionToRelease } from "~/pages/models/states";
import { TRAFFIC_SPANS, trafficOf, trafficSql } from "~/pages/models/traffic";
import { addressOf, fieldsOf, type ModelDocument } from "~/pages/calls/document";
import { LANGUAGES, plainJson, shellQuoted, snippet } from "~/pages/calls/snippets";

describe("a release", () => {
  test("is said in words", () => {
    expect(releaseWords({ paused: false, release: [{ version: 2, percent: 100 }] })).toBe("version 2 is live");
    expect(releaseWords({ paused: false, release: [{ version: 1, percent: 80 }, { version: 2, percent: 20 }] })).toBe("versions 1 (80 %) and 2 (20 %) are live");
    expect(stateOf({ paused: true, release: [] })[1]).toBe("paused");
  });

  test("is most likely of the newest version, or of the one that is looked at", () => {
    const versions = [{ version: 1 }, { version: 2 }, { version: 3 }];
    const release = [{ version: 1, percent: 100 }];
    expect(versionToRelease({ version: { version: 1 }, versions, release })).toBe(3);
    expect(versionToRelease({ version: { version: 2 }, versions, release })).toBe(2);
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

describe("how to call a model", () => {
  const inputs = [{ "it's": 0.5, region: "Zürich\n" }];
  const address = "http://127.0.0.1:8000/models/churn/predict";

  test.each(LANGUAGES.map(({ value }) => value))("in %s carries the address, and no secret", (language) => {
    const program = snippet(language, address, "churn", inputs);
    if (language !== "cli") expect(program).toContain(address);
    if (language !== "cli") expect(program).toContain("UNSHELF_TOKEN");
  });

  test("quotes for a shell", () => {
    expect(shellQuoted("it's")).toBe(`'it'\\''s'`);
  });

  test("is written in plain ASCII", () => {
    expect(plainJson('ü"\n😀')).toBe('"\\u00fc\\"\\n\\ud83d\\ude00"');
  });
});

describe("a model's API", () => {
  const document = { servers: [{ url: "/" }], paths: { "/models/churn:3/predict": { post: {} } } } as unknown as ModelDocument;

  test("has the server's name for itself, else the page's", () => {
    expect(addressOf(document, "http://127.0.0.1:8000")).toBe("http://127.0.0.1:8000/models/churn%3A3/predict");
    expect(addressOf({ ...document, servers: [{ url: "https://models.example.org/" }] }, "http://x")).toBe("https://models.example.org/models/churn%3A3/predict");
  });

  test("says types and values in words", () => {
    const fields = fieldsOf({
      type: "object",
      properties: {
        age: { type: "integer", minimum: 0, maximum: 255 },
        id: { type: "integer", minimum: -(2 ** 63), maximum: 2 ** 63 },
        grade: { enum: ["low", null] },
        income: { type: ["number", "null"], default: 3 },
        image: { type: "array", minItems: 2, items: { type: "array", items: { type: "number" } } },
      },
      required: ["age", "id", "grade", "image"],
    });
    expect(fields.map(({ type }) => type)).toEqual(["whole number", "whole number", "one of", "number or null", "list of 2 list of number"]);
    expect(fields.map(({ takes }) => takes)).toEqual(["0 to 255", "", '"low", null', "left out: 3", ""]);
    expect(fields.filter(({ isNeeded }) => !isNeeded).map(({ name }) => name)).toEqual(["income"]);
  });
});

describe("traffic", () => {
  const hour = TRAFFIC_SPANS[0]!;

  test("has every step of its span, with nothing where nobody asked", () => {
    const now = 1_800_000_030;
    const found = trafficOf({ rows: [[1_799_999_940, 3, 1, 0, 2.5, 9]] }, hour, now);
    expect(found.at).toHaveLength(61);
    expect(found.at.at(-1)).toBe(1_800_000_000);
    expect(found.answered.at(-2)).toBe(3);
    expect(found.p50.slice(-2)).toEqual([2.5, null]);
    expect(found.requests).toBe(4);
  });

  test("counts what callers asked, and no tries", () => {
    expect(trafficSql(hour)).toContain("in ('live', 'batch')");
    expect(trafficSql(hour)).toContain("interval '1 minute'");
  });
});
