/** SQL over the records of predictions: the results as a table, and as CSV. */
import { Button, Group, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import type { QueryAnswer } from "~/api/schema";
import { csvCell, download } from "~/parts/chart";
import { counted, duration, figure } from "~/parts/figures";
import { Empty, Fault, Waiting } from "~/parts/placeholders";
import { DataTable, type Column } from "~/parts/table";
import { useView } from "~/parts/view";
import { askSql } from "./asking";

const FIRST = "select version, count(*) as predictions, quantile_cont(latency_ms, 0.99) as p99_ms\nfrom predictions\nwhere time > now() - interval 1 day\ngroup by version";

export function Sql({ model }: { model: string }) {
  const [view, setView] = useView({ sql: "" });
  const [text, setText] = useState(view.sql || FIRST);
  useEffect(() => {
    if (view.sql) setText(view.sql);
  }, [view.sql]);
  const answer = useQuery({
    queryKey: ["sql", model, view.sql],
    queryFn: ({ signal }) => askSql(view.sql, model || null, signal),
    enabled: view.sql !== "",
    retry: false,
    refetchOnWindowFocus: false,
  });
  const run = () => (view.sql === text ? void answer.refetch() : setView({ sql: text }, { replace: false }));
  return (
    <div className="stack">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          run();
        }}
      >
        <div className="stack">
          <Textarea
            label="SQL"
            description={`One select from the table predictions, over ${model ? "the records of this model" : "the records of all models that you may read"}.`}
            autosize
            minRows={4}
            maxRows={16}
            spellCheck={false}
            value={text}
            styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13 } }}
            onChange={(event) => setText(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
              event.preventDefault();
              run();
            }}
          />
          <Group>
            <Button type="submit" loading={answer.isFetching} disabled={!text.trim()}>
              Run the query
            </Button>
            <span className="small muted">Ctrl/⌘ Enter</span>
          </Group>
        </div>
      </form>
      {answer.error ? <Fault error={answer.error} /> : answer.data ? <Results of={answer.data} /> : view.sql && <Waiting />}
    </div>
  );
}

interface Line {
  place: number;
  cells: unknown[];
}

function Results({ of }: { of: QueryAnswer }) {
  const rows: Line[] = of.rows.map((cells, place) => ({ place, cells: cells as unknown[] }));
  const columns = of.columns.map(({ name, type }, place): Column<Line> => ({ name: `${place} ${name}`, header: name, align: isNumber(type) ? "end" : undefined, cell: ({ cells }) => shown(cells[place]) }));
  const said = [counted(rows.length, "row"), `in ${duration(of.seconds)}`, of.truncated && "there are more, which were left out", of.left_out.length > 0 && `${counted(of.left_out.length, "file")} of records can't be read, whose rows are missing`].filter(Boolean).join("; ");
  if (of.columns.length === 0 || rows.length === 0) return <Empty title="The query found no row"><p>{said}.</p></Empty>;
  return (
    <div>
      <div className="row spread" style={{ marginBottom: 8 }}>
        <span className="small muted">{said}.</span>
        <Button size="compact-xs" variant="subtle" onClick={() => download("predictions", resultCsv(of))}>
          Download CSV
        </Button>
      </div>
      <DataTable
        label="Results"
        noun={["row", "rows"]}
        rows={rows}
        keyOf={({ place }) => String(place)}
        columns={columns}
      />
    </div>
  );
}

function isNumber(type: string): boolean {
  return /INT|DOUBLE|FLOAT|DECIMAL|REAL/i.test(type) && !type.includes("[");
}

function shown(value: unknown) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number") return <span title={String(value)}>{figure(value)}</span>;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return <span title={text.slice(0, 1_000)}>{text.length > 120 ? `${text.slice(0, 120)}…` : text}</span>;
}

/** The results as CSV. */
export function resultCsv({ columns, rows }: Pick<QueryAnswer, "columns" | "rows">): string {
  const lines = rows.map((row) => (row as unknown[]).map((cell) => (typeof cell === "object" && cell !== null ? JSON.stringify(cell) : cell)));
  return [columns.map(({ name }) => name), ...lines].map((line) => line.map(csvCell).join(",")).join("\n");
}
