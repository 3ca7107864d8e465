/** States of a deploy. */
import type { Deploy } from "~/api/schema";
import type { State } from "~/parts/state";

export function deployState({ state, live, dry_run, error }: Deploy): [State, string] {
  if (state === "running") return ["attention", "under way"];
  if (state === "failed") return error?.code === "cancelled" ? ["unknown", "cancelled"] : ["failing", "failed"];
  if (dry_run) return ["ok", "would work"];
  return ["ok", live ? "live" : "registered"];
}

export function seconds({ created_at, ended_at }: Deploy, now = Date.now()): number {
  return ((ended_at ? new Date(ended_at).getTime() : now) - new Date(created_at).getTime()) / 1_000;
}
