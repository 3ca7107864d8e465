/** The results of a query: as a table, as a chart, and as files. */
import { Button, SegmentedControl } from "@mantine/core";
import { useMemo, useState } from "react";

import type { QueryAnswer } from "~/api/schema";
import { writeExactly } from "~/api/exact";
import { Chart, csvCell, download, saveFile } from "~/parts/chart";
import { counted, duration, figure } from "~/parts/figures";
import { Empty, Fault } from "~/parts/placeholders";
import { DataTable, type Column } from "~/parts/table";
import { useView } from "~/parts/view";
import { askParquet, useKeyNames } from "./asking";
import { plotOf, type Plot } from "./plot";

interface Line {
  place: number;
  cells: unknown[];
}

export function Results({ of, sql, model }: { of: QueryAnswer; sql: string; model: string | null }) {
  const [view, setView] = useView({ as: "table" });
  const keys = useKeyNames();
  const [error, setError] = useState<unknown>();
  const plot = useMemo(() => plotOf(of), [of]);
  const rows: Line[] = useMemo(() => of.rows.map((cells, place) => ({ place, cells: cells as unknown[] })), [of]);
  const columns = of.columns.map(({ name, type }, place): Column<Line> => ({ name: `${place} ${name}`, header: name, align: isNumber(type) ? "end" : undefined, cell: ({ cells }) => shown(cells[place], name === "key" ? keys : undefined) }));
  const said = [counted(rows.length, "row"), `in ${duration(of.seconds)}`, of.truncated && "there are more, which were left out", of.left_out.length > 0 && `${counted(of.left_out.length, "file")} of records can't be read, whose rows are missing`].filter(Boolean).join("; ");
  if (of.columns.length === 0 || rows.length === 0) return <Empty title="The query found no row"><p>{said}.</p></Empty>;

  async function saveParquet() {
    setError(undefined);
    try {
      saveFile("predictions.parquet", (await askParquet(sql, model)).file);
    } catch (problem) {
      setError(problem);
    }
  }

  return (
    <div>
      <div className="row spread" style={{ marginBottom: 8 }}>
        <span className="small muted">{said}.</span>
        <span className="row">
          {plot && <SegmentedControl size="xs" aria-label="Shown as" data={[{ value: "table", label: "Table" }, { value: "chart", label: "Chart" }]} value={view.as} onChange={(as) => setView({ as })} />}
          <Button size="compact-xs" variant="subtle" onClick={() => download("predictions", resultCsv(of))}>
            Download CSV
          </Button>
          <Button size="compact-xs" variant="subtle" onClick={() => void saveParquet()}>
            Download Parquet
          </Button>
        </span>
      </div>
      <Fault error={error} />
      {plot && view.as === "chart" ? <Drawn plot={plot} /> : <DataTable label="Results" noun={["row", "rows"]} rows={rows} keyOf={({ place }) => String(place)} columns={columns} />}
    </div>
  );
}

function Drawn({ plot }: { plot: Plot }) {
  if (plot.kind === "lines") return <Chart title={`${plot.lines.map(({ label }) => label).join(", ")} by ${plot.across}`} at={plot.at} lines={plot.lines} isTime={plot.isTime} axis={plot.across} height={320} />;
  const greatest = Math.max(...plot.bars.map(({ value }) => Math.abs(value)), Number.MIN_VALUE);
  return (
    <figure style={{ margin: 0 }}>
      <figcaption style={{ marginBottom: 8 }}>
        <strong>
          {plot.measure} by {plot.across}
        </strong>
      </figcaption>
      <table className="bars">
        <tbody>
          {plot.bars.map(({ label, value }, place) => (
            <tr key={place}>
              <th scope="row">{label}</th>
              <td aria-hidden>
                <span style={{ width: `${(100 * Math.abs(value)) / greatest}%` }} />
              </td>
              <td className="end" title={String(value)}>{figure(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}

function isNumber(type: string): boolean {
  return /INT|DOUBLE|FLOAT|DECIMAL|REAL/i.test(type) && !type.includes("[");
}

function shown(value: unknown, names?: Map<string, string>) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value))) return String(value);
  if (typeof value === "number") return <span title={String(value)}>{figure(value)}</span>;
  const text = typeof value === "string" ? value : (writeExactly(value) ?? "");
  return <span title={text.slice(0, 1_000)}>{names?.get(text) ?? (text.length > 120 ? `${text.slice(0, 120)}…` : text)}</span>;
}

/** The results as CSV. */
export function resultCsv({ columns, rows }: Pick<QueryAnswer, "columns" | "rows">): string {
  const lines = rows.map((row) => (row as unknown[]).map((cell) => (typeof cell === "object" && cell !== null ? writeExactly(cell) : cell)));
  return [columns.map(({ name }) => name), ...lines].map((line) => line.map(csvCell).join(",")).join("\n");
}
