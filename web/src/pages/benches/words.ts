/** Benches in words: states, the rows that were sent, and measurements as rows of a table. */
import type { BenchView } from "~/api/schema";
import { figure } from "~/parts/figures";
import type { State } from "~/parts/state";

export type TierLine = BenchView["tiers"][number];
export type Measure = NonNullable<TierLine["result"]>["measures"][number];

/** One line of the table: a measurement, or a tier that has none. */
export interface MeasuredRow {
  key: string;
  line: TierLine;
  measure: Measure | null;
}

const STATES: Record<string, [State, string]> = {
  waiting: ["unknown", "waits"],
  measuring: ["attention", "measures"],
  measured: ["ok", "measured"],
  succeeded: ["ok", "measured"],
  failed: ["failing", "failed"],
  unfit: ["unknown", "does not fit"],
  cancelled: ["unknown", "cancelled"],
};
const SOURCES = {
  data: "rows that were given",
  example: "the version's example",
  baseline: "rows made from the version's baseline",
  signature: "rows made up from the version's signature",
};
const OVER = new Set(["succeeded", "failed", "cancelled"]);
/** Cores' worth of other work from which on it disturbs. */
const NOTICED_CORES = 0.2;

export function benchState(state: string): [State, string] {
  return STATES[state] ?? ["unknown", state];
}

export function isOver(state: string): boolean {
  return OVER.has(state);
}

export function rowsOf(bench: BenchView): MeasuredRow[] {
  return bench.tiers.flatMap((line): MeasuredRow[] => (line.result ? line.result.measures.map((measure) => ({ key: `${line.tier}-${measure.callers}`, line, measure })) : [{ key: line.tier, line, measure: null }]));
}

/** `medium: 812 requests a second, p99 14 ms`; what was fastest. */
export function bestWords(bench: BenchView): string {
  const measured = rowsOf(bench).filter((row): row is MeasuredRow & { measure: Measure } => row.measure !== null);
  const best = measured.reduce<(typeof measured)[number] | null>((most, row) => (most && most.measure.requests_a_second >= row.measure.requests_a_second ? most : row), null);
  if (!best) return "nothing measured yet";
  return `${best.line.tier}: ${figure(best.measure.requests_a_second)} requests a second, p99 ${figure(best.measure.p99_ms)} ms`;
}

/** `1 row a request, the version's example`. */
export function sentWords(bench: BenchView): string {
  const source = bench.tiers.find(({ result }) => result)?.result?.source;
  const rows = bench.rows === 1 ? "1 row" : `${figure(bench.rows)} rows`;
  return [`${rows} a request`, bench.data || (source && SOURCES[source])].filter(Boolean).join(", ");
}

/** Whether other work ran on the machine while it was measured. */
export function wasDisturbed(bench: BenchView): boolean {
  return rowsOf(bench).some(({ measure }) => (measure?.others_cores ?? 0) >= NOTICED_CORES);
}
