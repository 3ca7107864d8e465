/** Columns of tables about data: the profile of each column, and the first rows. */
import { figure } from "~/parts/figures";
import type { Column } from "~/parts/table";

export interface Profile {
  name: string;
  type: string;
  count: number;
  gaps: number;
  minimum?: number | string | null;
  maximum?: number | string | null;
  mean?: number | null;
  deviation?: number | null;
  distinct?: number | null;
  top?: { value: string | number | boolean; count: number }[];
}

export function profileColumns(rows: number): Column<Profile>[] {
  return [
    { name: "name", header: "Column", cell: ({ name }) => name },
    { name: "type", header: "Type", cell: ({ type }) => type },
    { name: "gaps", header: "Gaps", align: "end", cell: ({ gaps }) => (gaps ? `${figure(gaps)} (${figure((100 * gaps) / Math.max(rows, 1))} %)` : "none") },
    { name: "minimum", header: "Least", align: "end", cell: ({ minimum, type }) => (type === "text" ? lengthWords(minimum) : shown(minimum)) },
    { name: "maximum", header: "Greatest", align: "end", cell: ({ maximum, type }) => (type === "text" ? lengthWords(maximum) : shown(maximum)) },
    { name: "mean", header: "Mean", align: "end", cell: ({ mean }) => shown(mean) },
    { name: "deviation", header: "Deviation", align: "end", cell: ({ deviation }) => shown(deviation) },
    { name: "distinct", header: "Different", align: "end", cell: ({ distinct }) => (distinct == null ? "–" : figure(distinct)) },
    { name: "top", header: "Most frequent", cell: ({ top }) => mostFrequent(top ?? []) },
  ];
}

export function previewColumns(columns: Profile[]): Column<{ cells: unknown[]; place: number }>[] {
  return columns.map(({ name, type }, place) => ({ name, header: name, align: type === "integer" || type === "number" ? "end" : undefined, cell: ({ cells }) => cellText(cells[place]) }));
}

function lengthWords(length: number | string | null | undefined): string {
  return length == null ? "–" : `${length} characters`;
}

function shown(value: number | string | null | undefined) {
  if (value == null) return "–";
  return typeof value === "number" ? <span title={String(value)}>{figure(value)}</span> : value;
}

/** `Gent (12), Lille (7)`. */
export function mostFrequent(top: { value: string | number | boolean; count: number }[]): string {
  return top.slice(0, 3).map(({ value, count }) => `${String(value).slice(0, 30)} (${figure(count)})`).join(", ") || "–";
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return "–";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
