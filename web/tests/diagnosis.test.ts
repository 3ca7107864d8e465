import { expect, test } from "vitest";

import { asked, ofAlert, referenceOf } from "~/pages/diagnosis/asking";
import { loss, marksOf, part, plainName, strength } from "~/pages/diagnosis/words";

const change = (kind: "release" | "alert", say: string) => ({ kind, say, time: "2026-11-01T00:00:00Z", action: "a", by: "ada" });

test("an alert's own time is asked for unless another is chosen", () => {
  expect(asked({ alert: "a1", span: "", against: "" })).toEqual({ since: "", against: undefined, alert: "a1" });
  expect(asked({ alert: "", span: "", against: "previous" })).toEqual({ since: "7d", against: "previous", alert: "" });
  expect(asked({ alert: "a1", span: "1d", against: "" }).since).toBe("1d");
  expect([referenceOf("iris", "3"), referenceOf("iris", ""), referenceOf("iris", "x")]).toEqual(["iris:3", "iris", "iris"]);
  expect(ofAlert("iris", "a 1")).toBe("/models/iris/diagnosis?alert=a%201");
});

test("parts and losses as people read them", () => {
  expect([part(0.4), part(-0.05), plainName("in:age"), plainName("out:risk=1")]).toEqual(["40 %", "−5 %", "age", "risk=1"]);
  expect([loss("wrong_answers", 0.25), loss("mae", 2.5), loss("mae", null)]).toEqual(["25 %", "2.5", "–"]);
});

test("changes are lines of a chart, alerts are not", () => {
  const found = marksOf([change("alert", "It drifts."), change("release", "Live: version 2 with quite a long explanation of it")]);
  expect(found).toHaveLength(1);
  expect(found[0]).toEqual({ at: Date.parse("2026-11-01T00:00:00Z") / 1_000, label: "Live: version 2 with quite a lo…" });
});

test("the greatest part has the strongest ground", () => {
  expect([strength(0.5, 0.5), strength(-0.25, 0.5), strength(null, 1), strength(1, 0)]).toEqual([70, 35, 0, 0]);
});
