/** Tables as text: pasted from a spreadsheet (TSV) or read from a file (CSV), as rows of a request, and answers as CSV. */
import { csvCell } from "~/parts/chart";
import type { Field, Row } from "./fields";

export const MOST_ROWS = 10_000;

/** The cells of a table: the delimiter is a tab where the first line has one, else a semicolon or a comma. */
export function cellsOf(text: string): string[][] {
  const first = text.slice(0, text.search(/\r?\n|$/));
  const delimiter = first.includes("\t") ? "\t" : first.includes(";") && !first.includes(",") ? ";" : ",";
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  const body = text.replace(/^\ufeff/, "");
  for (let place = 0; place < body.length; place += 1) {
    const sign = body[place]!;
    if (quoted) {
      if (sign !== '"') cell += sign;
      else if (body[place + 1] === '"') [cell, place] = [`${cell}"`, place + 1];
      else quoted = false;
    } else if (sign === '"' && cell === "") quoted = true;
    else if (sign === delimiter) [row, cell] = [[...row, cell], ""];
    else if (sign === "\n") {
      rows.push([...row, cell.replace(/\r$/, "")]);
      [row, cell] = [[], ""];
    } else cell += sign;
  }
  if (cell !== "" || row.length > 0) rows.push([...row, cell]);
  return rows.filter((each) => each.some((text) => text.trim() !== ""));
}

export interface Table {
  names: string[];
  rows: Row[];
  cells: string[][];
  /** Columns of the table that the version does not take. */
  unused: string[];
  /** Columns that the version takes and the table does not have. */
  missing: string[];
}

/** The table as rows of a request, typed as the fields say; its first line names the columns. */
export function tableOf(text: string, fields: Field[]): Table {
  const [header = [], ...cells] = cellsOf(text);
  const names = header.map((name) => name.trim());
  const known = new Map(fields.map((field) => [field.name, field]));
  const rows = cells.slice(0, MOST_ROWS).map((line) => {
    const row: Row = {};
    names.forEach((name, place) => {
      const field = known.get(name);
      if (!field) return;
      const value = valueOf(field, line[place] ?? "");
      if (value !== undefined) row[name] = value;
    });
    return row;
  });
  return {
    names,
    rows,
    cells: cells.slice(0, MOST_ROWS),
    unused: names.filter((name) => !known.has(name)),
    missing: fields.filter(({ name, mayBeLeftOut }) => !mayBeLeftOut && !names.includes(name)).map(({ name }) => name),
  };
}

/** A cell as the field has it. What is no such value stays the text, for the API to say what it expected. */
export function valueOf(field: Field, text: string): Row[string] {
  if (text === "") return field.mayBeLeftOut ? undefined : field.kind === "text" && !field.mayMiss ? "" : null;
  switch (field.kind) {
    case "number": {
      const number = Number(text);
      return Number.isNaN(number) ? text : number;
    }
    case "yes": {
      const word = text.toLowerCase();
      return ["true", "yes", "1"].includes(word) ? true : ["false", "no", "0"].includes(word) ? false : text;
    }
    case "choice":
      return field.options?.find((option) => String(option) === text) ?? text;
    case "json":
      try {
        return JSON.parse(text) as Row[string];
      } catch {
        return text;
      }
    default:
      return text;
  }
}

/** An answer as columns: the members of an object, or one column `answer`. */
export function answerCells(output: unknown): Record<string, unknown> {
  if (typeof output !== "object" || output === null) return { answer: output };
  if (Array.isArray(output)) return output.length <= 20 ? Object.fromEntries(output.map((value, place) => [`answer ${place + 1}`, value])) : { answer: JSON.stringify(output) };
  return Object.fromEntries(Object.entries(output).map(([name, value]) => [name, typeof value === "object" && value !== null ? JSON.stringify(value) : value]));
}

/** The table with its answers beside each row, as CSV. */
export function scoredCsv(table: Table, outputs: unknown[]): string {
  const answers = outputs.map(answerCells);
  const added = [...new Set(answers.flatMap((answer) => Object.keys(answer)))];
  const named = added.map((name) => (table.names.includes(name) ? `${name} (answer)` : name));
  const lines = table.cells.slice(0, outputs.length).map((line, place) => [...table.names.map((_, column) => line[column] ?? ""), ...added.map((name) => answers[place]?.[name])]);
  return [[...table.names, ...named], ...lines].map((line) => line.map(csvCell).join(",")).join("\n");
}
