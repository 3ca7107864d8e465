/** Records of predictions, as the API writes them: a line each. */
export interface Prediction {
  id: string;
  time: string;
  version: number | null;
  reference: string | null;
  protocol: string;
  caller: string | null;
  purpose: string;
  status: number;
  code: string | null;
  latency_ms: number;
  predict_ms: number | null;
  input: unknown;
  output: unknown;
  trace: string;
}

/** The records, the newest first; the API has the oldest first. */
export function linesOf(text: unknown): Prediction[] {
  const lines = String(text ?? "").split("\n").filter((line) => line.trim() !== "");
  return lines.map((line) => JSON.parse(line) as Prediction).reverse();
}
