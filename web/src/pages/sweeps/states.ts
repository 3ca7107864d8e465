/** States of a sweep and of its trials. */
import type { State } from "~/parts/state";

const STATES: Record<string, [State, string]> = { running: ["attention", "runs"], done: ["ok", "done"], failed: ["failing", "failed"], cancelled: ["unknown", "cancelled"] };

export function sweepState(state: string): [State, string] {
  return STATES[state] ?? ["unknown", state];
}
