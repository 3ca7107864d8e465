import { describe, expect, it } from "vitest";

import { datasetOf, parametersOf, tierWords } from "~/pages/jobs/again";
import { filesLeft } from "~/pages/jobs/deployleft";
import { pictureOf, textOf } from "~/pages/jobs/notebook";
import { grantable } from "~/pages/jobs/refused";
import { endWords, jobState, secondsOf } from "~/pages/jobs/states";
import { coresOf } from "~/pages/jobs/usage";
import { owner } from "~/pages/jobs/usedby";
import { OFTEN, cronOf, plainName } from "~/pages/schedules/set";
import { axesOf, placeOn } from "~/pages/sweeps/coordinates";
import { linesOf, spaceOf } from "~/pages/sweeps/spaces";

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

  it("knows what a version can be made of, and what a copy can be granted", () => {
    const file = (path: string) => ({ path, sha256: "", size: 1 });
    expect(filesLeft([{ files: [file("old.pkl")] }, { files: [file("results.json"), file("model.pkl"), file("report.ipynb")] }])).toEqual([file("model.pkl")]);
    expect(filesLeft([])).toEqual([]);
    const refused = (place: string, reason: string) => ({ place, reason, count: 1 });
    expect(grantable([{ refused: [refused("pypi.org:443", "it is not granted"), refused("*", ""), refused("10.0.0.1:22", "the operator's policy (UNSHELF_EGRESS_ALLOW) does not let it be reached")] }])).toEqual(["pypi.org:443"]);
    expect(owner({ used_by: [{ kind: "sweep", name: "s", page: "/sweeps/1", owns: false }] })).toBeUndefined();
    expect(owner({ used_by: [{ kind: "bench", name: "iris:1", page: "/benches/1", owns: true }] })?.kind).toBe("bench");
  });

  it("begins a space with the parameters of the job", () => {
    expect(linesOf({ depth: 3, kind: "tree", deep: { a: 1 }, list: [1], note: "a, b" })).toBe("depth = 3\nkind = tree");
    expect(spaceOf(linesOf({ depth: 3, fast: true }))).toEqual({ depth: [3], fast: [true] });
    expect(linesOf({})).toBe("");
  });

  it("reads datasets of references, and timetables of menus", () => {
    expect(datasetOf("data://orders@3")).toBe("orders");
    expect(datasetOf("data://warehouse/public.orders")).toBeUndefined();
    expect(datasetOf("job://01m8/value")).toBeUndefined();
    expect(cronOf({ often: OFTEN[3]!.value, cron: "x" })).toBe("0 6 * * MON");
    expect(plainName("Sweep of train.py #2")).toBe("Sweep of train.py 2");
    expect(plainName("✓ été")).toBe("t");
    expect(cronOf({ often: "own", cron: " @hourly " })).toBe("@hourly");
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

describe("notebooks and usage", () => {
  it("takes texts as one or as lines, and pictures in base64 alone", () => {
    expect(textOf(["a\n", "b"])).toBe("a\nb");
    expect(textOf(undefined)).toBe("");
    expect(pictureOf({ "image/png": "aGVsbG8=\n", "text/html": "<script>" })).toBe("data:image/png;base64,aGVsbG8=");
    expect(pictureOf({ "image/png": 'x" onerror="alert(1)' })).toBeUndefined();
    expect(pictureOf({ "image/svg+xml": "<svg onload=alert(1)>" })).toBeUndefined();
  });

  it("counts cores between two moments", () => {
    const series = [{ at: 10, cpu_seconds: 1, memory_bytes: 1 }, { at: 12, cpu_seconds: 4, memory_bytes: 1 }, { at: 12, cpu_seconds: 4, memory_bytes: 1 }];
    expect(coresOf(series)).toEqual([0, 1.5, 0]);
  });
});
