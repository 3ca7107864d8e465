/** The outcome of a prediction, in one of four states and a word. */
import type { State } from "~/parts/state";

export function stateOfStatus(status: number, code: string): [State, string] {
  if (status < 400) return ["ok", "answered"];
  const word = `${status} ${code.replaceAll("_", " ")}`.trim();
  return [status >= 500 ? "failing" : "attention", word];
}
