/** What a diagnosis is asked for: kept in the address, and sent to the API. */
import { useView } from "~/parts/view";

const VIEW = { what: "", alert: "", span: "", version: "", against: "", column: "", slice: "", bin: "", part: "", step: "", rows: false };

export type DiagnosisView = ReturnType<typeof useDiagnosisView>[0];

export const AGAINST = [
  { value: "reference", label: "Against the reference" },
  { value: "previous", label: "Against the time before" },
];

export function useDiagnosisView() {
  return useView(VIEW);
}

/** The parameters that all questions share; of an alert, its time unless another is chosen. */
export function asked({ alert, span, against }: Pick<DiagnosisView, "alert" | "span" | "against">) {
  return { since: span || (alert ? "" : "7d"), against: against || undefined, alert };
}

export function referenceOf(model: string, version: string): string {
  return /^\d+$/.test(version) ? `${model}:${version}` : model;
}

/** The address of a diagnosis of an alert. */
export function ofAlert(model: string, alert: string): string {
  return `/models/${encodeURIComponent(model)}/diagnosis?alert=${encodeURIComponent(alert)}`;
}
