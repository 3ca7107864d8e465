/** How far a goal is, in a state and words. */
import type { GoalDetail } from "~/api/schema";
import type { State } from "~/parts/state";

const MISSING = { owner: "nobody answers for it", target: "it has no target", tie: "nothing is tied to it", value: "no value is known", reached: "the target is not reached", overdue: "it is overdue" };

export function stateOfGoal({ missing }: GoalDetail): [State, string] {
  if (missing.includes("overdue")) return ["failing", "overdue"];
  if (missing.includes("value") || missing.includes("target")) return ["unknown", "not measured"];
  return missing.includes("reached") ? ["attention", "not reached"] : ["ok", "reached"];
}

export function missingWords({ missing }: GoalDetail): string {
  return missing.map((each) => MISSING[each]).join("; ");
}
