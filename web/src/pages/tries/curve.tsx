/** How the answer changes with one input, all others as they are: one batch of rows, a line or a list. */
import { Select } from "@mantine/core";
import { useMemo } from "react";

import { Chart, type Line } from "~/parts/chart";
import { figure } from "~/parts/figures";
import { Card } from "~/parts/page";
import { Fault, Waiting } from "~/parts/placeholders";
import { DataTable } from "~/parts/table";
import { useTry } from "./asking";
import { requestRow, type Field, type Row } from "./fields";
import { numbersIn, variationOf } from "./scenario";

const MOST_LINES = 6;

interface Props {
  refs: string[];
  fields: Field[];
  row: Row;
  params?: Record<string, unknown>;
  /** The fields that can be varied, and the one that is. */
  among: Field[];
  varied: Field;
  onVary: (name: string) => void;
}

export function Curve({ refs, fields, row, params, among, varied, onVary }: Props) {
  const values = useMemo(() => variationOf(varied, row[varied.name]), [varied, row[varied.name]]);
  const inputs = values.map((value) => requestRow(fields, { ...row, [varied.name]: value }));
  const one = useTry(refs[0]!, inputs, params);
  const other = useTry(refs[1] ?? "", inputs, params);
  const outputs = [one.data?.outputs, refs[1] ? other.data?.outputs : undefined].map((each) => (Array.isArray(each) && each.length === values.length ? (each as unknown[]) : undefined));
  return (
    <Card title={`How the answer changes with ${varied.name}`} aside={<Select size="xs" w={180} aria-label="The input that varies" data={among.map(({ name }) => name)} value={varied.name} allowDeselect={false} searchable={among.length > 8} onChange={(name) => name && onVary(name)} />}>
      {one.error ? <Fault error={one.error} /> : outputs[0] ? <Drawn refs={refs} varied={varied} values={values} outputs={outputs} now={row[varied.name]} /> : one.data ? <p className="muted">This version gives one answer for all rows, so that no input can be varied in a batch.</p> : <Waiting lines={6} />}
      {varied.kind === "number" && varied.min === undefined && <p className="small muted" style={{ marginBottom: 0 }}>No baseline says what range is usual, so this is the range around the value.</p>}
    </Card>
  );
}

interface DrawnProps {
  refs: string[];
  varied: Field;
  values: (string | number | boolean)[];
  outputs: (unknown[] | undefined)[];
  now: unknown;
}

function Drawn({ refs, varied, values, outputs, now }: DrawnProps) {
  const lines = useMemo(() => outputs.flatMap((answers, place) => (answers ? linesOf(answers, refs.length > 1 ? refs[place]! : "") : [])).slice(0, MOST_LINES), [outputs[0], outputs[1], refs.join()]);
  const marks = useMemo(() => (typeof now === "number" ? [{ at: now, label: "now" }] : []), [now]);
  const at = values as number[];
  if (varied.kind === "number" && lines.length > 0) return <Chart title={refs.length > 1 || lines.length > 1 ? "Answers" : lines[0]!.label === "answer" ? "Answer" : lines[0]!.label} axis={varied.name} at={at} lines={lines} isTime={false} marks={marks} />;
  const rows = varied.kind === "number" ? runsOf(at, outputs) : values.map((value, place) => ({ at: varied.kind === "yes" ? (value ? "yes" : "no") : String(value), answers: outputs.map((each) => shown(each?.[place])) }));
  return (
    <DataTable
      label={`Answers by ${varied.name}`}
      noun={["value", "values"]}
      height="320px"
      rows={rows}
      keyOf={({ at }) => at}
      columns={[{ name: "value", header: varied.name, cell: ({ at }) => at }, ...refs.map((ref, place) => ({ name: ref, header: refs.length > 1 ? ref : "Answer", cell: ({ answers }: { answers: string[] }) => answers[place] ?? "–" }))]}
    />
  );
}

/** The lines of answers: one for each number in them. Where the first is no share, such as a price, it alone: scores beside it would lie on the axis. */
export function linesOf(answers: unknown[], of: string): Line[] {
  const numbers = answers.map(numbersIn);
  const all = [...new Set(numbers.flatMap((each) => Object.keys(each)))];
  const isShare = (name: string) => numbers.every((each) => each[name] === undefined || (each[name] >= 0 && each[name] <= 1));
  const names = all.length > 0 && isShare(all[0]!) ? all.filter(isShare) : all.slice(0, 1);
  return names.map((name) => ({ label: of ? (names.length > 1 ? `${of}: ${name}` : of) : name, values: numbers.map((each) => each[name] ?? null) }));
}

/** Neighbouring values with the same answers as one row: `18 to 34`. */
export function runsOf(at: number[], outputs: (unknown[] | undefined)[]): { at: string; answers: string[] }[] {
  const runs: { from: number; to: number; answers: string[] }[] = [];
  at.forEach((value, place) => {
    const answers = outputs.map((each) => shown(each?.[place]));
    const last = runs.at(-1);
    if (last && last.answers.join("\0") === answers.join("\0")) last.to = value;
    else runs.push({ from: value, to: value, answers });
  });
  return runs.map(({ from, to, answers }) => ({ at: from === to ? figure(from) : `${figure(from)} to ${figure(to)}`, answers }));
}

function shown(output: unknown): string {
  if (output === undefined) return "–";
  if (typeof output === "number") return figure(output);
  return typeof output === "string" ? output : JSON.stringify(output);
}
