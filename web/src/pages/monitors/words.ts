/** Words for monitors: their kinds, their states, and values in the unit of the kind. */
import type { MonitorResultView, MonitorView } from "~/api/schema";
import { figure } from "~/parts/figures";
import type { State } from "~/parts/state";

export type Kind = MonitorView["kind"];

export const KIND_WORDS: Record<Kind, string> = {
  inputs: "Drift of inputs",
  outputs: "Drift of outputs",
  quality: "Damaged data",
  volume: "Silence and bursts",
  errors: "Errors",
  latency: "Latency",
  performance: "Quality of answers",
};

/** What a value of each kind is, for a chart. */
export const VALUE_WORDS: Record<Kind, string> = {
  inputs: "Distance of the column that is farthest, beyond chance",
  outputs: "Distance of the output that is farthest, beyond chance",
  quality: "Share of rows above the reference's, of the worst column",
  volume: "How many times more or less than usual",
  errors: "Share of requests that failed",
  latency: "Time that 95 % of answers took at most",
  performance: "The measure, by labels or, before they come, as it is estimated",
};

export const THRESHOLD_HELP: Record<Kind, string> = {
  inputs: "A distance beyond chance, from 0 to 1; usual is 0.1.",
  outputs: "A distance beyond chance, from 0 to 1; usual is 0.1.",
  quality: "A share of rows above the reference's, from 0 to 1; usual is 0.02.",
  volume: "How many times more or less than usual, above 1; usual is 5.",
  errors: "A share of requests, from 0 to 1; what is usual depends on the model's support level.",
  latency: "Milliseconds that 95 % of answers take at most; what is usual depends on the model's support level.",
  performance: "The share by which the measure may be worse than the reference's, from 0 to 1; usual is 0.1. If it is no share: the worst value that is fine.",
};

/** The threshold as a value is held against it; one of a fall follows from the reference of each window. */
export function thresholdWords({ kind, threshold, relative }: Pick<MonitorView, "kind" | "threshold" | "relative">): string {
  return kind === "performance" && relative ? `${figure(threshold * 100)} % worse than the reference` : valueWords(kind, threshold);
}

export const HAS_COLUMNS: Kind[] = ["inputs", "outputs", "quality"];

/** Whether windows are of time; else they are of a number of predictions. */
export function isOfTime(window: string): boolean {
  return !/^[0-9]+$/.test(window);
}

export function windowWords(window: string): string {
  return isOfTime(window) ? window : `${figure(Number(window))} predictions`;
}

export function unitOf(kind: Kind): string {
  return kind === "latency" ? "ms" : kind === "volume" ? "times" : "";
}

export function valueWords(kind: Kind, value: number | null): string {
  if (value === null) return "–";
  if (kind === "errors" || kind === "quality") return `${figure(value * 100)} %`;
  return `${figure(value)} ${unitOf(kind)}`.trim();
}

interface Judged {
  status: MonitorResultView["status"];
  complete: boolean;
}

export function stateOf(monitor: MonitorView): [State, string] {
  if (monitor.paused) return ["unknown", "paused"];
  return monitor.latest ? resultState(monitor.latest) : ["unknown", "nothing judged yet"];
}

export function resultState({ status, complete }: Judged): [State, string] {
  if (status === "not_judged") return ["unknown", "not judged"];
  return status === "alarm" ? ["failing", "alarm"] : ["ok", complete ? "fine" : "fine so far"];
}

/** Alarms first, then what is fine, then what says nothing; paused ones last. */
export function rankOf(monitor: MonitorView): number {
  if (monitor.paused) return 4;
  return monitor.latest ? { alarm: 0, ok: 1, not_judged: 2 }[monitor.latest.status] : 3;
}
