import { describe, expect, it } from "vitest";

import type { BenchView } from "~/api/schema";
import { bodyOf } from "~/pages/benches/begin";
import { benchState, bestWords, isOver, rowsOf, sentWords, wasDisturbed } from "~/pages/benches/words";

const measure = { callers: 1, requests: 10, failed: 0, problem: "", seconds: 3, requests_a_second: 500, rows_a_second: 500, mean_ms: 2, p50_ms: 2, p95_ms: 3, p99_ms: 14.26, max_ms: 20, began: 1, cpu_seconds: 1, callers_cpu_seconds: 0.1, others_cores: 0.04, cost: null };
const result = { load_seconds: 0.5, limits: [], memory_bytes: 1, rows: 1, warmup_requests: 1, source: "example" as const, requests_made: 1, body_bytes: 20, machine: { processor: "P", cores: 2, memory_bytes: 1, kernel: "6" }, measures: [measure, { ...measure, callers: 8, requests_a_second: 812 }] };
const bench: BenchView = {
  id: "b", project: "p", model: "credit", version: 3, reference: "credit", state: "succeeded", reason: "", data: "", rows: 1, callers: 8, seconds: 3, warmup: 1, params: null, currency: "EUR", created_at: "", created_by: "", started_at: null, ended_at: null,
  tiers: [
    { tier: "small", state: "measured", reason: "", job: "j", price: 0.1, result },
    { tier: "large", state: "unfit", reason: "Too large.", job: null, price: null, result: null },
  ],
};

describe("benches", () => {
  it("have a line for each measurement, and one for a tier without any", () => {
    expect(rowsOf(bench).map(({ key }) => key)).toEqual(["small-1", "small-8", "large"]);
  });

  it("say what was fastest, what was sent, and whether other work ran beside", () => {
    expect(bestWords(bench)).toBe("small: 812 requests a second, p99 14.3 ms");
    expect(bestWords({ ...bench, tiers: bench.tiers.slice(1) })).toBe("nothing measured yet");
    expect(sentWords(bench)).toBe("1 row a request, the version's example");
    expect(sentWords({ ...bench, rows: 100, data: "rows.csv" })).toBe("100 rows a request, rows.csv");
    expect(wasDisturbed(bench)).toBe(false);
    const busy = { ...result, measures: [{ ...measure, others_cores: 0.9 }] };
    expect(wasDisturbed({ ...bench, tiers: [{ ...bench.tiers[0]!, result: busy }] })).toBe(true);
  });

  it("have states in words, also those of a later release", () => {
    expect(benchState("unfit")).toEqual(["unknown", "does not fit"]);
    expect(benchState("new")).toEqual(["unknown", "new"]);
    expect([isOver("measuring"), isOver("failed")]).toEqual([false, true]);
  });

  it("are begun with what the form says", () => {
    const body = bodyOf({ rows: 10, callers: 4, seconds: 2 }, "credit:3", ["small"]);
    expect(body.key.length).toBeGreaterThan(15);
    expect({ ...body, key: "" }).toEqual({ reference: "credit:3", tiers: ["small"], rows: 10, callers: 4, seconds: 2, key: "" });
  });
});
