/** States of a job and of its attempts, in words. */
import type { State } from "~/parts/state";

const STATES: Record<string, [State, string]> = {
  waiting: ["unknown", "waits for other jobs"],
  preparing: ["attention", "environment is made"],
  queued: ["unknown", "waits for a place"],
  starting: ["attention", "starts"],
  running: ["attention", "runs"],
  succeeded: ["ok", "succeeded"],
  failed: ["failing", "failed"],
  cancelled: ["unknown", "cancelled"],
  timed_out: ["failing", "over its time"],
};
const ENDS: Record<string, string> = {
  exited: "ended by itself",
  timed_out: "over its time",
  cancelled: "cancelled",
  interrupted: "the server was stopped",
  lost: "what kept it was killed",
  out_of_memory: "took more memory than its tier has",
  disk_full: "wrote more than it may",
  refused: "could not be begun",
};
const OVER = new Set(["succeeded", "failed", "cancelled", "timed_out"]);

export function jobState(state: string): [State, string] {
  return STATES[state] ?? ["unknown", state];
}

export function isOver(state: string): boolean {
  return OVER.has(state);
}

/** `ended by itself with status 1`. */
export function endWords(outcome: string | null, status: number | null): string {
  if (outcome === null) return "under way";
  const words = ENDS[outcome] ?? outcome;
  if (outcome !== "exited" || status === null) return words;
  return status < 0 ? `ended by signal ${-status}` : `${words} with status ${status}`;
}

/** Seconds from the first attempt to the end, or to now; null: it has not begun. */
export function secondsOf({ started_at, ended_at }: { started_at: string | null; ended_at: string | null }, now = Date.now()): number | null {
  if (!started_at) return null;
  return Math.max(0, ((ended_at ? new Date(ended_at).getTime() : now) - new Date(started_at).getTime()) / 1_000);
}
