/** Records of a model that runs elsewhere out of a file, and a signature out of a few of them. */
import { cellsOf } from "../tries/delimited";

export interface RecordEntry {
  inputs: Record<string, unknown>;
  output?: unknown;
  id?: string;
  time?: string;
  latency_ms?: number;
  error?: string;
}

export interface Column {
  name: string;
  type: "bool" | "int64" | "float64" | "string";
}

type Found = { records: RecordEntry[] } | { fault: string };

const IDS = ["record_id", "prediction_id", "id"];
const TIMES = ["record_time", "predicted_at", "timestamp", "time"];
const OUTPUTS = ["output", "prediction"];
const NUMBER = /^-?(0|[1-9][0-9]{0,14})(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?$/;

/** The records of JSON lines, or of a CSV table whose first line names the columns. `answers`: the outputs by their names; `texts`: columns whose values stay as they are written. */
export function recordsOf(text: string, answers: readonly string[] = [], texts: ReadonlySet<string> = new Set()): Found {
  const found = text.trimStart().startsWith("{") ? fromLines(text) : fromTable(text, answers, texts);
  if ("fault" in found) return found;
  return found.records.length > 0 ? found : { fault: "There are no records." };
}

function fromLines(text: string): Found {
  const records: RecordEntry[] = [];
  for (const [place, line] of text.split(/\r?\n/).entries()) {
    if (!line.trim()) continue;
    try {
      const record = JSON.parse(line) as RecordEntry;
      if (typeof record.inputs !== "object" || record.inputs === null || Array.isArray(record.inputs)) return { fault: `Line ${place + 1} has no "inputs" with the columns by their names.` };
      records.push(record);
    } catch {
      return { fault: `Line ${place + 1} is no JSON: write one record a line.` };
    }
  }
  return { records };
}

function fromTable(text: string, answers: readonly string[], texts: ReadonlySet<string>): Found {
  const [header = [], ...lines] = cellsOf(text);
  const names = header.map((name) => name.trim());
  const place = (usual: string[]) => names.findIndex((name) => usual.includes(name));
  const named = answers.filter((name) => names.includes(name));
  const usual = names.find((name) => OUTPUTS.includes(name));
  const outputs = named.length > 0 ? named : usual ? [usual] : [];
  const [id, time, latency, error] = [place(IDS), place(TIMES), place(["latency_ms"]), place(["error"])];
  if (outputs.length === 0 && error < 0) return { fault: `No column is named ${[...new Set([...answers, ...OUTPUTS])].join(" or ")}: there are ${names.join(", ") || "none"}.` };
  const taken = new Set([id, time, latency, error, ...outputs.map((name) => names.indexOf(name))]);
  const records = lines.map((cells) => {
    const inputs: Record<string, unknown> = {};
    for (const [column, name] of names.entries()) if (!taken.has(column)) inputs[name] = valueOf(cells[column] ?? "", texts.has(name));
    const record: RecordEntry = { inputs };
    if (error >= 0 && cells[error]) record.error = cells[error];
    else {
      const values = outputs.map((name) => [name, valueOf(cells[names.indexOf(name)] ?? "", texts.has(name) || (answers.length === 1 && texts.has(answers[0]!)))] as const);
      record.output = values.length === 1 ? values[0]![1] : Object.fromEntries(values);
    }
    if (id >= 0 && cells[id]) record.id = cells[id];
    if (time >= 0 && cells[time]) record.time = cells[time];
    if (latency >= 0 && cells[latency]) record.latency_ms = Number(cells[latency]);
    return record;
  });
  return { records };
}

function valueOf(cell: string, isText: boolean): unknown {
  if (cell === "") return null;
  if (isText) return cell;
  if (cell === "true" || cell === "false") return cell === "true";
  return NUMBER.test(cell) ? Number(cell) : cell;
}

/** The signature that records like these have: a column for each input, and the answer. */
export function signatureOf(records: RecordEntry[]): { inputs: Column[]; outputs: Column[] } | { fault: string } {
  const names = [...new Set(records.flatMap(({ inputs }) => Object.keys(inputs)))];
  if (names.length === 0) return { fault: "The records have no inputs." };
  const answers = records.filter(({ error }) => !error).map(({ output }) => output);
  const isNamed = answers.some((answer) => typeof answer === "object" && answer !== null && !Array.isArray(answer));
  const rows = isNamed ? answers.map((answer) => (answer ?? {}) as Record<string, unknown>) : answers.map((output) => ({ output }) as Record<string, unknown>);
  const outputs = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  if (!answers.some((answer) => answer !== null && answer !== undefined)) return { fault: "The records have no answers: give each its output." };
  return {
    inputs: names.map((name) => ({ name, type: typeOf(records.map(({ inputs }) => inputs[name])) })),
    outputs: outputs.map((name) => ({ name, type: typeOf(rows.map((row) => row[name])) })),
  };
}

/** The narrowest type that holds all values; gaps count for nothing. */
function typeOf(values: unknown[]): Column["type"] {
  const kinds = new Set(values.filter((value) => value !== null && value !== undefined).map((value) => (typeof value === "number" ? (Number.isInteger(value) ? "int64" : "float64") : typeof value === "boolean" ? "bool" : "string")));
  if (kinds.size === 1) return [...kinds][0]! as Column["type"];
  return kinds.size === 2 && kinds.has("int64") && kinds.has("float64") ? "float64" : "string";
}
