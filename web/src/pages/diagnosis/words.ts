/** Diagnoses in figures: names of columns, parts, losses, and the marks of what was changed. */
import type { ModelChangeView, QualityDiagnosisView } from "~/api/schema";
import { figure } from "~/parts/figures";
import type { State } from "~/parts/state";
import { share } from "../monitoring/series";

const MOST_MARKS = 12;

/** `age` of `in:age`. */
export function plainName(column: string): string {
  return column.replace(/^(in|out):/, "");
}

/** A part of a whole: it may be negative, which holds against the problem. */
export function part(value: number): string {
  return value < 0 ? `−${share(-value)}` : share(value);
}

export function loss(measure: QualityDiagnosisView["measure"], value: number | null): string {
  if (value === null) return "–";
  return measure === "wrong_answers" ? share(value) : figure(value);
}

export const KINDS: Record<ModelChangeView["kind"], string> = { release: "release", deploy: "deploy", setting: "setting", data: "data", alert: "alert" };

export function stateOfChange({ kind }: Pick<ModelChangeView, "kind">): State | undefined {
  return kind === "alert" ? "attention" : undefined;
}

/** The changes that are lines in a chart: alerts are left out, which follow a problem; of many the last ones. */
export function marksOf(changes: ModelChangeView[]): { at: number; label: string }[] {
  const shown = changes.filter(({ kind }) => kind !== "alert").slice(-MOST_MARKS);
  return shown.map(({ time, say }) => ({ at: new Date(time).getTime() / 1_000, label: say.length > 32 ? `${say.slice(0, 31)}…` : say }));
}

/** How strong the ground of a cell is, in percent: the greatest part has the strongest. */
export function strength(value: number | null, greatest: number): number {
  return value === null || greatest <= 0 ? 0 : Math.round(Math.min(1, Math.abs(value) / greatest) * 70);
}
