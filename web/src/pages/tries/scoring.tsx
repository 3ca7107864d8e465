/** A table to score: pasted, or dropped as a file; the answers beside each row, and all of it as CSV. */
import { Button, FileButton, Group, Progress, Textarea } from "@mantine/core";
import { useMemo, useRef, useState, type DragEvent } from "react";

import { isProblem } from "~/api/problem";
import { download } from "~/parts/chart";
import { counted } from "~/parts/figures";
import { Card } from "~/parts/page";
import { Fault } from "~/parts/placeholders";
import { DataTable } from "~/parts/table";
import { askVersion } from "./asking";
import { answerCells, MOST_ROWS, scoredCsv, tableOf, type Table } from "./delimited";
import { requestRow, type Field } from "./fields";

const AT_ONCE = 500;
const MOST_COLUMNS = 12;

interface Scored {
  table: Table;
  outputs: unknown[];
}

export function Scoring({ model, reference, fields, params }: { model: string; reference: string; fields: Field[]; params?: Record<string, unknown> }) {
  const [text, setText] = useState("");
  const [scored, setScored] = useState<Scored>();
  const [share, setShare] = useState<number>();
  const [error, setError] = useState<unknown>();
  const leaving = useRef<AbortController>(undefined);
  const table = useMemo(() => (text.trim() ? tableOf(text, fields) : undefined), [text, fields]);

  async function score() {
    if (!table) return;
    const stop = (leaving.current = new AbortController());
    const outputs: unknown[] = [];
    setError(undefined);
    setScored(undefined);
    try {
      for (let start = 0; start < table.rows.length; start += AT_ONCE) {
        setShare((100 * start) / table.rows.length);
        const some = table.rows.slice(start, start + AT_ONCE);
        const answer = await askVersion(reference, some.map((row) => requestRow(fields, row)), params, stop.signal).catch((problem: unknown) => {
          throw moved(problem, start);
        });
        outputs.push(...(Array.isArray(answer.outputs) ? (answer.outputs as unknown[]) : some.map(() => answer.outputs)));
      }
      setScored({ table, outputs });
    } catch (problem) {
      if (!stop.signal.aborted) setError(problem);
    } finally {
      setShare(undefined);
    }
  }

  async function take(file: File | null | undefined) {
    if (file) setText(await file.text());
  }

  function drop(event: DragEvent) {
    event.preventDefault();
    void take(event.dataTransfer.files[0]);
  }

  return (
    <Card title="A table to score">
      <div className="stack" onDrop={drop} onDragOver={(event) => event.preventDefault()}>
        <Textarea
          label="Table"
          description={`Paste cells from a spreadsheet, or drop a CSV file here. The first line names the columns: ${fields.map(({ name }) => name).slice(0, 8).join(", ")}${fields.length > 8 ? " …" : ""}.`}
          minRows={4}
          maxRows={10}
          autosize
          value={text}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13, whiteSpace: "pre" } }}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        {table && <Told table={table} />}
        <Group>
          <Button onClick={() => void score()} disabled={!table?.rows.length} loading={share !== undefined}>
            {table ? `Score ${counted(table.rows.length, "row")}` : "Score the table"}
          </Button>
          <FileButton onChange={(file) => void take(file)} accept=".csv,.tsv,.txt,text/csv">
            {(props) => (
              <Button {...props} variant="default">
                Choose a CSV file
              </Button>
            )}
          </FileButton>
          {share !== undefined && (
            <Button variant="default" onClick={() => leaving.current?.abort()}>
              Stop
            </Button>
          )}
        </Group>
        {share !== undefined && <Progress value={share} aria-label="Scored so far" />}
        <Fault error={error} />
        {scored && <Result scored={scored} model={model} />}
      </div>
    </Card>
  );
}

function Told({ table }: { table: Table }) {
  return (
    <div className="small muted">
      {counted(table.rows.length, "row")}
      {table.rows.length === MOST_ROWS && ", the first ones"}
      {table.unused.length > 0 && `; not taken by this version: ${table.unused.slice(0, 6).join(", ")}`}
      {table.missing.length > 0 && `; missing: ${table.missing.slice(0, 6).join(", ")}`}
    </div>
  );
}

function Result({ scored: { table, outputs }, model }: { scored: Scored; model: string }) {
  const answers = useMemo(() => outputs.map(answerCells), [outputs]);
  const added = [...new Set(answers.flatMap((each) => Object.keys(each)))].slice(0, MOST_COLUMNS);
  const rows = table.cells.slice(0, outputs.length).map((cells, place) => ({ place, cells, answer: answers[place]! }));
  const columns = [
    { name: "row", header: "Row", align: "end" as const, cell: ({ place }: (typeof rows)[0]) => place + 1 },
    ...added.map((name) => ({ name: `answer ${name}`, header: name, cell: ({ answer }: (typeof rows)[0]) => String(answer[name] ?? "–").slice(0, 200) })),
    ...table.names.slice(0, MOST_COLUMNS).map((name, place) => ({ name: `given ${place}`, header: name, cell: ({ cells }: (typeof rows)[0]) => (cells[place] ?? "").slice(0, 200) })),
  ];
  return (
    <div>
      <div className="row spread" style={{ marginBottom: 8 }}>
        <strong>Answers</strong>
        <Button size="compact-xs" variant="subtle" onClick={() => download(`${model}-scored`, scoredCsv(table, outputs))}>
          Download CSV
        </Button>
      </div>
      <DataTable label="Scored rows" noun={["row", "rows"]} height="400px" rows={rows} keyOf={({ place }) => String(place)} columns={columns} />
    </div>
  );
}

/** A problem of some rows, with their places in the whole table. */
function moved(problem: unknown, start: number): unknown {
  if (!isProblem(problem) || !problem.errors) return problem;
  return { ...problem, errors: problem.errors.map((each) => ({ ...each, row: typeof each.row === "number" ? each.row + start : each.row })) };
}
