import { describe, expect, it } from "vitest";

import { parametersOf, tierWords } from "~/pages/jobs/again";
import { endWords, jobState, secondsOf } from "~/pages/jobs/states";
import { axesOf, placeOn } from "~/pages/sweeps/coordinates";
import { spaceOf } from "~/pages/sweeps/spaces";

describe("jobs", () => {
  it("says states and ends in words", () => {
    expect(jobState("queued")).toEqual(["unknown", "waits for a place"]);
    expect(jobState("something new")).toEqual(["unknown", "something new"]);
    expect(endWords("exited", 1)).toBe("ended by itself with status 1");
    expect(endWords("exited", -9)).toBe("ended by signal 9");
    expect(endWords("out_of_memory", -9)).toBe("took more memory than its tier has");
    expect(endWords(null, null)).toBe("under way");
  });

  it("counts seconds to the end, or to now", () => {
    const begun = { started_at: "2026-05-01T12:00:00Z", ended_at: null };
    expect(secondsOf(begun, Date.parse("2026-05-01T12:00:30Z"))).toBe(30);
    expect(secondsOf({ ...begun, ended_at: "2026-05-01T12:00:05Z" })).toBe(5);
    expect(secondsOf({ started_at: null, ended_at: null })).toBeNull();
  });

  it("reads parameters, and says what is wrong with them", () => {
    expect(parametersOf('{"depth": 3}')).toEqual({ depth: 3 });
    expect(parametersOf(" ")).toEqual({});
    expect(() => parametersOf("[1]")).toThrow("an object");
    expect(() => parametersOf("{depth: 3}")).toThrow("no JSON");
  });

  it("describes hardware with its price and what is free", () => {
    const small = { name: "small", cpu: 1, memory_bytes: 2 ** 30, gpu: 0, price: 0.12, currency: "EUR", free: 2, waiting: 0 };
    expect(tierWords(small)).toBe("small: 1 core, 1 GiB, 0.12 EUR an hour, 2 free");
    expect(tierWords({ ...small, cpu: 4, gpu: 1, price: null, free: 0, waiting: 3 })).toBe("small: 4 cores, 1 GiB, 1 GPU, none free, 3 waiting");
  });
});

describe("sweeps", () => {
  it("reads a space as people write it", () => {
    expect(spaceOf("depth = 3, 5, 7\nrate=0.001..1 log\n\nsize = 10 .. 50 step 10\nkind = a, true, null")).toEqual({
      depth: [3, 5, 7],
      rate: { low: 0.001, high: 1, log: true },
      size: { low: 10, high: 50, step: 10 },
      kind: ["a", true, null],
    });
  });

  it.each(["depth", "= 3", "rate = a..b", "rate = 1..2 fast", "x = 1\nx = 2", ""])("says what is wrong with %j", (text) => {
    expect(() => spaceOf(text)).toThrow();
  });

  it("places numbers on a scale, in powers where they span many, and words in their order", () => {
    const [rate, depth, kind] = axesOf(["rate", "depth", "kind"], [{ rate: 0.001, depth: 3, kind: "b" }, { rate: 1, depth: 7, kind: "a" }]) as [never, never, never];
    expect(placeOn(rate, 0.001)).toBe(0);
    expect(placeOn(rate, Math.sqrt(0.001))).toBeCloseTo(0.5);
    expect(placeOn(depth, 5)).toBe(0.5);
    expect(placeOn(kind, "a")).toBe(0);
    expect(placeOn(kind, "c")).toBeNull();
    expect(placeOn(depth, "five")).toBeNull();
  });

  it("has one place for what never changes", () => {
    const [axis] = axesOf(["x"], [{ x: 4 }, { x: 4 }]);
    expect(placeOn(axis!, 4)).toBe(0.5);
  });
});
