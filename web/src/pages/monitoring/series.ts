/** Steps of a dashboard as lines of charts, and a column's rows as SQL. */
import type { ColumnStateView, ColumnSummaryView, DashboardView } from "~/api/schema";
import { figure } from "~/parts/figures";

export const SPANS = [
  { value: "1d", label: "Day" },
  { value: "7d", label: "Week" },
  { value: "28d", label: "4 weeks" },
];
/** The distance from which on a column may have drifted. */
export const THRESHOLD = 0.1;
const HOUR = 3_600;
const MOST_ROWS = 200;

type Range = Pick<DashboardView, "since" | "until" | "step_hours"> & { window?: number | null; steps?: { start: string }[] };

/** The beginnings of all steps of a range, in seconds since 1970: those without requests, too; of windows of predictions as they are. */
export function stepsOf({ since, until, step_hours, window, steps }: Range): number[] {
  if (window) return (steps ?? []).map(({ start }) => seconds(start));
  const size = step_hours * HOUR;
  const first = Math.floor(seconds(since) / size) * size;
  const count = Math.max(0, Math.ceil((seconds(until) - first) / size));
  return Array.from({ length: count }, (_, place) => first + place * size);
}

/** A value of each step; `none` where there is no such step. */
export function along<Step extends { start: string }, None>(at: number[], steps: Step[], value: (step: Step) => number | null | undefined, none: None): (number | None)[] {
  const found = new Map(steps.map((step) => [seconds(step.start), step]));
  return at.map((moment) => {
    const step = found.get(moment);
    return (step && value(step)) ?? none;
  });
}

export function seconds(time: string): number {
  return new Date(time).getTime() / 1_000;
}

/** A column in a few words: its range, or its most frequent values. */
export function rangeWords(summary: Pick<ColumnSummaryView, "kind" | "rows" | "gaps" | "minimum" | "maximum" | "p50" | "top">): string {
  const present = summary.rows - summary.gaps;
  if (present <= 0) return summary.rows > 0 ? "nothing but gaps" : "no rows";
  if (summary.top.length > 0) return summary.top.slice(0, 3).map(({ value, count }) => `${value || "(empty)"} ${share(count / present)}`).join(", ");
  if (summary.minimum === null || summary.maximum === null) return "no values";
  if (summary.kind === "time") return `${day(summary.minimum)} to ${day(summary.maximum)}`;
  const unit = summary.kind === "text" ? " characters" : "";
  return summary.minimum === summary.maximum ? `always ${figure(summary.minimum)}${unit}` : `${figure(summary.minimum)} to ${figure(summary.maximum)}${unit}, median ${figure(summary.p50 ?? summary.minimum)}`;
}

export function share(part: number): string {
  const percent = part * 100;
  if (percent > 0 && percent < 0.1) return "< 0.1 %";
  return `${percent < 10 ? Number(percent.toFixed(1)) : Math.round(percent)} %`;
}

/** How far a column is, in a word. */
export function driftWord({ drift, reference }: Pick<ColumnStateView, "drift" | "reference">): ["ok" | "attention" | "unknown", string] {
  if (!drift || !reference) return ["unknown", "not compared"];
  if (drift.drifted) return ["attention", "drifted"];
  return ["ok", drift.distance < THRESHOLD ? "as before" : "within chance"];
}

/** The points of a small line in a box of a width and a height; the values lie between 0 and 1. */
export function sparkPoints(values: (number | null)[], width: number, height: number): string {
  const last = Math.max(1, values.length - 1);
  return values
    .map((value, place) => (value === null ? "" : `${((place / last) * width).toFixed(1)},${((1 - Math.min(1, Math.max(0, value))) * height).toFixed(1)}`))
    .filter(Boolean)
    .join(" ");
}

/** The rows of a column within a range, the newest first, as the page of predictions asks for them. */
export function rowsSql(column: string, version: number | null, { since, until }: Pick<DashboardView, "since" | "until">): string {
  const name = column.slice(column.indexOf(":") + 1);
  const recorded = column.startsWith("in:") ? `in_${name}` : name === "output" ? "out" : `out_${name}`;
  const quoted = `"${recorded.replaceAll('"', '""')}"`;
  const ofVersion = version === null ? "" : ` and version = ${version}`;
  return `select time, id, version, ${quoted}, input, output\nfrom predictions\nwhere status = 200 and purpose in ('live', 'batch')${ofVersion}\n  and time >= '${plain(since)}' and time < '${plain(until)}'\norder by time desc limit ${MOST_ROWS}`;
}

function plain(time: string): string {
  return new Date(time).toISOString().slice(0, 19).replace("T", " ");
}

function day(time: number): string {
  return new Date(time * 1_000).toISOString().slice(0, 10);
}
