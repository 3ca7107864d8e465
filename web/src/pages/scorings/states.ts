/** States of a scoring, and how far it is, in words. */
import type { ScoringSummary } from "~/api/schema";
import { duration, figure } from "~/parts/figures";
import type { State } from "~/parts/state";

const STATES: Record<string, [State, string]> = {
  reading: ["attention", "reads the data"],
  scoring: ["attention", "scores"],
  writing: ["attention", "writes the results"],
  succeeded: ["ok", "succeeded"],
  failed: ["failing", "failed"],
  cancelled: ["unknown", "cancelled"],
};
const OVER = new Set(["succeeded", "failed", "cancelled"]);

export function scoringState({ state, job_state, progress }: Pick<ScoringSummary, "state" | "job_state" | "progress">): [State, string] {
  if (state === "scoring" && !progress && job_state && job_state !== "running") return ["unknown", "its job waits"];
  return STATES[state] ?? ["unknown", state];
}

export function isOver(state: string): boolean {
  return OVER.has(state);
}

/** `12,000 of 50,000 rows, 3 failed`. */
export function rowsWords({ rows, scored, failed, progress }: Pick<ScoringSummary, "rows" | "scored" | "failed" | "progress">): string {
  if (rows === null) return "–";
  const lost = progress?.failed ?? failed ?? 0;
  const some = progress ? `${figure(progress.scored)} of ${figure(rows)} rows` : scored === null ? `${figure(rows)} rows` : `${figure(scored)} rows`;
  return lost > 0 ? `${some}, ${figure(lost)} failed` : some;
}

/** `8,000 rows a second, 3 min left`; empty while that is not known. */
export function paceWords({ progress }: Pick<ScoringSummary, "progress">): string {
  if (!progress?.rows_a_second) return "";
  const left = progress.seconds_left === null ? "" : `, ${duration(progress.seconds_left)} left`;
  return `${figure(Math.round(progress.rows_a_second))} rows a second${left}`;
}
