/** Labels out of a CSV file. */
import { cellsOf } from "../tries/delimited";

export interface LabelEntry {
  prediction_id?: string;
  key?: string;
  row?: number;
  value: string | number;
  at?: string;
}

const IDS = ["prediction_id", "id"];
const VALUES = ["label", "value", "truth"];
const NUMBER = /^-?(0|[1-9][0-9]{0,14})(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?$/;

/** The labels of a file, or what is wrong with its header. Numbers are numbers as they are written; 007 stays a text. */
export function labelsOf(text: string): { labels: LabelEntry[] } | { fault: string } {
  const [header = [], ...lines] = cellsOf(text);
  const place = (names: string[]) => header.findIndex((name) => names.includes(name.trim()));
  const [id, key, value, row, at] = [place(IDS), place(["key"]), place(VALUES), place(["row"]), place(["at"])];
  if (value < 0 || (id < 0 && key < 0)) return { fault: `The first line names no column prediction_id (or key) and label: it has ${header.join(", ") || "nothing"}.` };
  const labels = lines
    .filter((line) => line.some(Boolean))
    .map((line) => {
      const truth = line[value] ?? "";
      const entry: LabelEntry = { value: NUMBER.test(truth) ? Number(truth) : truth };
      if (id >= 0) entry.prediction_id = line[id] ?? "";
      else entry.key = line[key] ?? "";
      if (id >= 0 && row >= 0 && line[row]) entry.row = Number(line[row]);
      if (at >= 0 && line[at]) entry.at = line[at];
      return entry;
    });
  return labels.length > 0 ? { labels } : { fault: "The file has no rows." };
}
