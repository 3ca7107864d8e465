/** Costs in words, days as lines, budgets as states. */
import { expect, test } from "vitest";

import { hours, lastMonths, money, nameOf, pageOf, series, type Amounts } from "../src/pages/usage/amounts";
import { stateOf, wordsOf } from "../src/pages/usage/budgets";
import { byPerson } from "../src/pages/usage/capacity";

const amounts = (cost: number): Amounts => ({ cost, cpu_seconds: 0, memory_gib_seconds: 0, held_seconds: 0, gpu_seconds: 0, disk_gib_hours: 0, predictions: 0 });
const line = (name: string, cost: number) => ({ name, what: "jobs", amounts: amounts(cost) });

test("money has two digits, and small amounts three", () => {
  expect(money(1234.5, "EUR")).toBe("1,234.50 EUR");
  expect(money(0, "EUR")).toBe("0.00 EUR");
  expect(money(0.001_234, "EUR")).toBe("0.00123 EUR");
  expect(money(0.000_000_1, "EUR")).toBe("< 0.000001 EUR");
  expect(hours(0)).toBe("–");
  expect(hours(5_400)).toBe("1.5");
});

test("the last twelve months go back over the year", () => {
  const months = lastMonths(new Date("2026-02-28T23:59:59Z"));
  expect(months).toHaveLength(12);
  expect(months.slice(0, 3)).toEqual(["2026-02", "2026-01", "2025-12"]);
});

test("days without use are zero, and what is cheap is one line", () => {
  const days = [
    { day: "2026-11-01", lines: ["a", "b", "c", "d", "e", "f", "g"].map((name, place) => line(name, 10 - place)) },
    { day: "2026-11-03", lines: [line("g", 2), line("", 1)] },
  ];
  const drawn = series(days);
  expect(drawn.at).toHaveLength(3);
  expect(drawn.lines.map(({ label }) => label)).toEqual(["a", "b", "c", "d", "e", "others"].map((name, place) => drawn.lines[place]!.label ?? name));
  const total = drawn.lines.flatMap(({ values }) => values).reduce((sum, value) => sum + value, 0);
  expect(total).toBe(10 + 9 + 8 + 7 + 6 + 5 + 4 + 2 + 1);
  expect(drawn.lines.every(({ values }) => values[1] === 0)).toBe(true);
  expect(series([])).toEqual({ at: [], lines: [] });
});

test("a budget is within, nearly spent, or spent", () => {
  expect([79, 80, 100].map((percent) => stateOf({ percent }))).toEqual(["ok", "attention", "failing"]);
  expect(wordsOf({ percent: 120, stops: "jobs" })).toBe("spent: no job begins");
  expect(wordsOf({ percent: 120, stops: "nothing" })).toBe("spent");
});

test("a line of a report leads to the page of what it is of", () => {
  expect(nameOf({ name: "01m8q6ghjefmyh2tpe04ksaqh2", what: "", title: "Train" })).toBe("Train (ksaqh2)");
  expect(nameOf({ name: "", what: "builds" })).toBe("builds");
  expect(pageOf("job", "01m8")).toBe("/jobs/01m8");
  expect(pageOf("version", "iris:3")).toBe("/models/iris:3");
  expect(pageOf("project", "")).toBeUndefined();
  expect(pageOf("person", "ana")).toBeUndefined();
});

test("jobs are counted by person and project, those who wait most first", () => {
  const job = (created_by: string, project: string) => ({ created_by, project });
  expect(byPerson([job("ana", "risk"), job("ben", "risk")], [job("ana", "risk"), job("eve", "lab"), job("eve", "lab")])).toEqual([
    { by: "eve", project: "lab", running: 0, waiting: 2 },
    { by: "ana", project: "risk", running: 1, waiting: 1 },
    { by: "ben", project: "risk", running: 1, waiting: 0 },
  ]);
});
