import { expect, test } from "vitest";

import { nameOf } from "~/pages/data/adding";
import { connectionOf } from "~/pages/data/connecting";

test("a dataset is named after its first file", () => {
  expect(["Orders 2026.csv", "ÄÖ.parquet", "stock.tar.gz"].map(nameOf)).toEqual(["orders-2026", "", "stock-tar-gz"]);
});

test("credentials that are left empty stay as they are", () => {
  const values = { host: " db.example.org ", database: "sales", port: "", "credential user": "", "credential password": "", bucket: "no" };
  expect(connectionOf("sql", values)).toEqual({ settings: { host: "db.example.org", database: "sales" }, credentials: null });
  expect(connectionOf("sql", { ...values, "credential password": "x" }).credentials).toEqual({ password: "x" });
});
