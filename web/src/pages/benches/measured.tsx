/** What a bench measured: a table of tiers and callers, bars beside each other, and on what machine it was. */
import { useComputedColorScheme } from "@mantine/core";

import type { BenchView } from "~/api/schema";
import { SERIES } from "~/app/theme";
import { bytes, duration, Figure, figure } from "~/parts/figures";
import { PageLink, path } from "~/parts/link";
import { exactTime } from "~/parts/moment";
import { Card, Facts } from "~/parts/page";
import { StateWord } from "~/parts/state";
import { DataTable, type Column } from "~/parts/table";
import { money } from "../usage/amounts";
import { benchState, rowsOf, sentWords, wasDisturbed, type Measure, type MeasuredRow } from "./words";

/** The columns that say something: rows where a request has several, states where a tier has no measurements. */
function columnsOf(bench: BenchView): Column<MeasuredRow>[] {
  const number = (name: string, header: string, of: (measure: Measure) => number): Column<MeasuredRow> => ({ name, header, align: "end", cell: ({ measure }) => <Figure value={measure && of(measure)} /> });
  const { currency } = bench;
  return [
    { name: "tier", header: "Tier", cell: ({ line }) => line.tier },
    ...(bench.tiers.every(({ result }) => result) ? [] : [{ name: "state", header: "State", cell: ({ line }: MeasuredRow) => <StateWord state={benchState(line.state)[0]}>{benchState(line.state)[1]}</StateWord> }]),
    number("callers", "Callers", ({ callers }) => callers),
    number("p50", "p50 (ms)", ({ p50_ms }) => p50_ms),
    number("p95", "p95 (ms)", ({ p95_ms }) => p95_ms),
    number("p99", "p99 (ms)", ({ p99_ms }) => p99_ms),
    number("requests", "Requests/s", ({ requests_a_second }) => requests_a_second),
    ...(bench.rows > 1 ? [number("rows", "Rows/s", ({ rows_a_second }) => rows_a_second)] : []),
    { name: "cost", header: `Cost of 1,000${currency ? ` (${currency})` : ""}`, align: "end", cell: ({ measure }) => (measure?.cost == null ? "–" : <span title={String(measure.cost)}>{money(measure.cost, "")}</span>) },
    { name: "memory", header: "Memory", align: "end", cell: ({ line }) => (line.result ? bytes(line.result.memory_bytes) : "–") },
    { name: "others", header: "Other work (cores)", align: "end", cell: ({ measure }) => <Figure value={measure?.others_cores} /> },
    { name: "job", header: "Job", cell: ({ line }) => (line.job ? <PageLink href={path`/jobs/${line.job}`}>{line.job.slice(-6)}</PageLink> : "–") },
  ];
}

export function Measured({ bench }: { bench: BenchView }) {
  const rows = rowsOf(bench);
  const measured = rows.filter((row): row is MeasuredRow & { measure: Measure } => row.measure !== null);
  return (
    <div className="stack">
      <DataTable label="Measurements" noun={["line", "lines"]} rows={rows} columns={columnsOf(bench)} keyOf={({ key }) => key} />
      {bench.tiers.filter(({ reason }) => reason).map(({ tier, reason }) => (
        <p key={tier} className="prose" style={{ margin: 0 }}>
          <strong>{tier}</strong>: {reason}
        </p>
      ))}
      {rows.filter(({ measure }) => measure && measure.failed > 0).map(({ key, line, measure }) => (
        <p key={key} className="prose" style={{ margin: 0 }}>
          <strong>{line.tier}</strong>, {measure!.callers} at a time: {figure(measure!.failed)} requests failed, the first one so: {measure!.problem}
        </p>
      ))}
      {measured.length > 0 && (
        <div className="grid">
          <Bars title="Time of a request that 99 % do not exceed" unit="ms" of={measured.map(({ key, line, measure }) => ({ key, label: words(line.tier, measure), value: measure.p99_ms }))} />
          <Bars title="Requests a second" of={measured.map(({ key, line, measure }) => ({ key, label: words(line.tier, measure), value: measure.requests_a_second }))} />
        </div>
      )}
      <Surroundings bench={bench} />
    </div>
  );
}

function words(tier: string, { callers }: Measure): string {
  return `${tier}, ${callers === 1 ? "1 caller" : `${callers} callers`}`;
}

interface Bar {
  key: string;
  label: string;
  value: number;
}

function Bars({ title, unit = "", of }: { title: string; unit?: string; of: Bar[] }) {
  const scheme = useComputedColorScheme("light");
  const most = Math.max(...of.map(({ value }) => value), Number.MIN_VALUE);
  return (
    <Card title={unit ? `${title} (${unit})` : title}>
      <div style={{ display: "grid", gridTemplateColumns: "max-content 1fr max-content", gap: "6px 12px", alignItems: "center" }}>
        {of.map(({ key, label, value }) => (
          <div key={key} style={{ display: "contents" }}>
            <span>{label}</span>
            <span style={{ height: 12, width: `${Math.max(1, (100 * value) / most)}%`, background: SERIES[scheme][0], borderRadius: 3 }} aria-hidden />
            <span style={{ fontVariantNumeric: "tabular-nums", textAlign: "end" }}>{figure(value)}</span>
          </div>
        ))}
      </div>
    </Card>
  );
}

function Surroundings({ bench }: { bench: BenchView }) {
  const line = bench.tiers.find(({ result }) => result);
  const result = line?.result;
  if (!result) return null;
  const { machine, measures } = result;
  return (
    <Card title="How it was measured">
      {wasDisturbed(bench) && <p style={{ marginTop: 0 }}>Other work ran on the machine meanwhile. Measure again when it is quiet.</p>}
      <Facts
        of={[
          ["Requests", `${sentWords(bench)}, ${bytes(result.body_bytes)} each`],
          ["Each measurement", `${duration(bench.seconds)}, after ${duration(bench.warmup)} of warm-up`],
          ["From", exactTime(new Date(measures[0]!.began * 1_000))],
          ["Machine", `${machine.processor || "unknown processor"}, ${machine.cores} cores, ${bytes(machine.memory_bytes)}`],
          ["Kernel", machine.kernel],
          ["Limits that held", result.limits.join(", ") || "those of the job"],
          ["Loading the model", bench.tiers.filter(({ result: found }) => found).map(({ tier, result: found }) => `${tier}: ${duration(found!.load_seconds)}`).join(", ")],
        ]}
      />
      <p className="muted" style={{ marginBottom: 0 }}>
        Times are those of the version&apos;s worker, from sending a request to having its whole answer. A gateway adds what it takes to authenticate, route and record.
      </p>
    </Card>
  );
}
