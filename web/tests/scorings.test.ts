import { describe, expect, it } from "vitest";

import { bodyOf } from "~/pages/scorings/begin";

const VALUES = { reference: "credit", data: "orders", path: "", tier: "small", out: "", if_exists: "fail", format: "parquet", keep: "" };

describe("scorings", () => {
  it("read a dataset, or a path in a connection, and keep their results here unless a place is named", () => {
    expect(bodyOf(VALUES)).toMatchObject({ reference: "credit", data: "data://orders", out: "", if_exists: "fail", keep: null });
    expect(bodyOf({ ...VALUES, path: "/2026/a.parquet", keep: "id, date" }, "credit:3")).toMatchObject({ reference: "credit:3", data: "data://orders/2026/a.parquet", keep: ["id", "date"] });
  });

  it("write to a dataset or a place in a connection, with what happens to rows that are there", () => {
    expect(bodyOf({ ...VALUES, out: "scored" }).out).toBe("data://scored");
    expect(bodyOf({ ...VALUES, out: "data://warehouse/public.scores", if_exists: "append" })).toMatchObject({ out: "data://warehouse/public.scores", if_exists: "append" });
  });
});
