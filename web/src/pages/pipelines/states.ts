/** States of runs of pipelines and of their steps, and what steps do, in words. */
import type { State } from "~/parts/state";

const STATES: Record<string, [State, string]> = {
  waiting: ["unknown", "waits"],
  running: ["attention", "runs"],
  succeeded: ["ok", "succeeded"],
  cached: ["ok", "cached"],
  failed: ["failing", "failed"],
  rejected: ["failing", "rejected"],
  cancelled: ["unknown", "cancelled"],
};
const KINDS: Record<string, string> = { function: "function", deploy: "deploys a candidate", compare: "compares versions", approval: "waits for approval", release: "releases" };

export function runState(state: string): [State, string] {
  return STATES[state] ?? ["unknown", state];
}

/** The state of a step; one that waits for people says so. */
export function stepState({ state, kind }: { state: string; kind: string }): [State, string] {
  return state === "running" && kind === "approval" ? ["attention", "waits for people"] : runState(state);
}

/** `train.py:fit`, or what the platform does. */
export function stepDoes({ kind, function: name }: { kind: string; function: string }): string {
  return name || (KINDS[kind] ?? kind);
}

export function isDone(state: string): boolean {
  return state === "succeeded" || state === "cached";
}

export function mayResume(state: string): boolean {
  return state === "failed" || state === "rejected" || state === "cancelled";
}
