/** Measures of quality in words and figures. */
import type { CustomMetricView, EstimateView, MetricView, QualityView } from "~/api/schema";
import { figure } from "~/parts/figures";
import { share } from "../monitoring/series";

const NAMES: Record<string, string> = {
  accuracy: "Accuracy",
  balanced_accuracy: "Balanced accuracy",
  precision: "Precision (macro)",
  recall: "Recall (macro)",
  f1: "F1 (macro)",
  log_loss: "Log loss",
  brier: "Brier score",
  calibration_error: "Calibration error",
  roc_auc: "Area under ROC",
  average_precision: "Average precision",
  mae: "Mean absolute error",
  rmse: "RMSE",
  bias: "Bias",
  r2: "R²",
  mape: "Mean error in percent",
  map: "MAP",
  mrr: "MRR",
};
const SHARES = new Set(["accuracy", "balanced_accuracy", "precision", "recall", "f1", "calibration_error", "roc_auc", "average_precision", "mape"]);

export function measureName(name: string): string {
  const [kind, cutoff] = name.split("@");
  if (cutoff === undefined) return NAMES[name] ?? name;
  return `${kind === "ndcg" ? "NDCG" : kind === "hit_rate" ? "Hit rate" : kind === "precision" ? "Precision" : "Recall"}@${cutoff}`;
}

export function measured(name: string, value: number): string {
  return SHARES.has(name) ? share(value) : figure(value);
}

/** The interval of a measure in words; empty where it has none. */
export function interval({ name, low, high }: Pick<MetricView, "name" | "low" | "high">): string {
  return low === null || high === null ? "" : `${measured(name, low)} to ${measured(name, high)}`;
}

/** The name of a measure within a sentence. */
export function lowerName(name: string): string {
  const text = measureName(name);
  return /^[A-Z][a-z]/.test(text) ? text[0]!.toLowerCase() + text.slice(1) : text;
}

/** How far an estimate was from the truth of the same rows; empty where that is not known. */
export function errorOf({ name, held }: EstimateView): string {
  if (held === null) return "";
  const error = held.expected - held.truth;
  return SHARES.has(name) ? `${(100 * error).toFixed(1)} points` : figure(error);
}

/** How estimates turned out that could be held against labels, in words. */
export function turnedOut({ held, inside, error, total }: QualityView["estimated"]): string {
  if (held === 0 || error === null || total === null) return "No estimate of this time could be held against labels yet.";
  const off = SHARES.has(total.name) ? `${(100 * error).toFixed(1)} points` : figure(error);
  return `${inside} of ${held} estimates that were held against labels since had the truth in their interval; they were ${off} off on average.`;
}

/** The beginning of a step (UTC): its day, and of an hour the time. */
export function stepName(start: string, by: QualityView["by"]): string {
  return by === "hour" ? start.slice(0, 16).replace("T", " ") : start.slice(0, 10);
}

/** Which values of a metric are better, in a word. */
export function betterName(better: CustomMetricView["better"]): string {
  return { higher: "Higher", lower: "Lower", neither: "Neither" }[better];
}

/** How the evaluation of somebody's own metric goes: what is wrong comes first. */
export function evaluated({ days, problem, problem_days, note }: Pick<CustomMetricView, "days" | "problem" | "problem_days" | "note">): string {
  if (problem) return problem;
  if (days === 0) return "Not evaluated yet: it waits for labels.";
  const all = days === 1 ? "1 day" : `${days} days`;
  return `${all} evaluated${problem_days > 0 ? `, ${problem_days} without a value` : ""}. ${note}`.trim();
}

/** The share of answers with a label, in words. */
export function coverage({ rows, labelled }: { rows: number; labelled: number }): string {
  if (rows === 0) return "No predictions in this time.";
  return `${figure(labelled)} of ${figure(rows)} predictions have a label (${share(labelled / rows)}).`;
}

/** A measure of each step, with its interval. */
export function over(steps: QualityView["steps"], name: string): (MetricView | undefined)[] {
  return steps.map(({ measured: { metrics } }) => metrics.find((each) => each.name === name));
}

/** The classes of a confusion matrix in their order, and the rows of each cell. */
export function matrix({ confusion, classes }: Pick<QualityView, "confusion" | "classes">): { names: string[]; cell: (truth: string, answer: string) => number } {
  const cells = new Map(confusion.map(({ truth, answer, rows }) => [JSON.stringify([truth, answer]), rows]));
  return { names: classes.map(({ name }) => name), cell: (truth, answer) => cells.get(JSON.stringify([truth, answer])) ?? 0 };
}
