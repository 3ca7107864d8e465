/** What of a query's results can be drawn: numbers over time or over a number as lines, numbers by a text as bars. */
import type { QueryAnswer } from "~/api/schema";
import type { Line } from "~/parts/chart";

export type Plot = { kind: "lines"; across: string; isTime: boolean; at: number[]; lines: Line[] } | { kind: "bars"; across: string; measure: string; bars: { label: string; value: number }[] };

const MOST_BARS = 60;
const MOST_LINES = 10;
const NUMBER = /^(U?(TINY|SMALL|BIG|HUGE)?INT|INTEGER|UINTEGER|DOUBLE|FLOAT|REAL|DECIMAL)/i;
const TIME = /^(TIMESTAMP|DATE)/i;

/** The drawing; undefined: there is nothing to draw. */
export function plotOf({ columns, rows }: Pick<QueryAnswer, "columns" | "rows">): Plot | undefined {
  const numbers = columns.flatMap(({ type }, place) => (NUMBER.test(type) ? [place] : []));
  const time = columns.findIndex(({ type }) => TIME.test(type));
  const text = columns.findIndex(({ type }) => /^VARCHAR|^BOOLEAN|^ENUM/i.test(type));
  const cells = rows as unknown[][];
  if (rows.length < 2 || numbers.length === 0) return undefined;
  if (time < 0 && text >= 0) {
    const [measure] = numbers as [number];
    const bars = cells.slice(0, MOST_BARS).map((row) => ({ label: String(row[text] ?? "–"), value: Number(row[measure] ?? 0) }));
    return { kind: "bars", across: columns[text]!.name, measure: columns[measure]!.name, bars };
  }
  const across = time >= 0 ? time : numbers[0]!;
  const measures = numbers.filter((place) => place !== across).slice(0, MOST_LINES);
  if (measures.length === 0) return undefined;
  const positionOf = (row: unknown[]) => (time >= 0 ? secondsOf(row[across]) : Number(row[across]));
  const sorted = cells.filter((row) => row[across] !== null && Number.isFinite(positionOf(row))).sort((a, b) => positionOf(a) - positionOf(b));
  return {
    kind: "lines",
    across: columns[across]!.name,
    isTime: time >= 0,
    at: sorted.map(positionOf),
    lines: measures.map((place) => ({ label: columns[place]!.name, values: sorted.map((row) => (row[place] === null ? null : Number(row[place]))) })),
  };
}

/** Moments of records are UTC, and say so or not. */
function secondsOf(value: unknown): number {
  const text = String(value);
  return new Date(/Z|[+-]\d\d:?\d\d$/.test(text) || text.length === 10 ? text : `${text}Z`).getTime() / 1_000;
}
