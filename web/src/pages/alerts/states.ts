/** Alerts in words, and what their evidence says. */
import type { AlertShown } from "~/api/schema";
import type { State } from "~/parts/state";

type Found = Pick<AlertShown, "status" | "severity">;

export function stateOfAlert({ status, severity }: Found): State {
  if (status === "resolved") return "ok";
  if (status === "snoozed" || status === "ignored") return "unknown";
  return severity === "critical" ? "failing" : "attention";
}

/** `critical`, or what was done about it. */
export function wordOfAlert({ status, severity }: Found): string {
  return status === "new" || status === "acknowledged" ? severity : status;
}

export interface ColumnEvidence {
  column: string;
  measure: string;
  value: number | null;
  threshold: number | null;
  say: string;
}

export interface MonitorEvidence {
  monitor: string;
  version: number | null;
  reference: string;
  window: { since: string; until: string; rows: number | null } | null;
  columns: ColumnEvidence[];
  slice: [string, string][];
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function objectOf(value: unknown): Record<string, unknown> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
}

/** `income` of `in:income`: what a person calls it. */
export function columnName(column: string): string {
  return column.replace(/^(in|out):/, "");
}

/** The evidence of a monitor; null: another watcher's, which has a shape of its own. */
export function monitorEvidence(evidence: Record<string, unknown>): MonitorEvidence | null {
  const monitor = textOf(evidence["monitor"]);
  if (!monitor) return null;
  const window = objectOf(evidence["window"]);
  const columns = Array.isArray(evidence["columns"]) ? evidence["columns"] : [];
  return {
    monitor,
    version: numberOf(evidence["version"]),
    reference: textOf(evidence["reference"]),
    window: window && textOf(window["since"]) ? { since: textOf(window["since"]), until: textOf(window["until"]), rows: numberOf(window["rows"]) } : null,
    columns: columns.map(objectOf).filter((each) => each !== null).map((each) => ({ column: textOf(each["column"]), measure: textOf(each["measure"]), value: numberOf(each["value"]), threshold: numberOf(each["threshold"]), say: textOf(each["say"]) })),
    slice: Object.entries(objectOf(evidence["slice"]) ?? {}).map(([name, value]) => [name, String(value)]),
  };
}

/** The share of a bar's width that a value takes, and where its threshold stands; the longer of the two is not quite the whole. */
export function barOf({ value, threshold }: Pick<ColumnEvidence, "value" | "threshold">): { length: number; mark: number | null } {
  const [found, bound] = [Math.abs(value ?? 0), Math.abs(threshold ?? 0)];
  const most = Math.max(found, bound) * 1.05;
  return most === 0 ? { length: 0, mark: null } : { length: found / most, mark: threshold === null ? null : bound / most };
}

/** The address of the predictions of a window, as the list of predictions takes it: the reader's clock, to the minute. */
export function predictionsBetween(since: string, until: string): string {
  const local = (text: string) => {
    const time = new Date(text);
    return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  };
  return `since=between&from=${encodeURIComponent(local(since))}&to=${encodeURIComponent(local(until))}`;
}

/** Alerts by their group, in the order of the first of each. */
export function grouped<T extends { id: string; group: string | null }>(alerts: T[]): T[][] {
  const groups = new Map<string, T[]>();
  for (const alert of alerts) {
    const key = alert.group ?? alert.id;
    groups.set(key, [...(groups.get(key) ?? []), alert]);
  }
  return [...groups.values()];
}

const CHANGES = /^(release\.|version\.(registered|withdrawn|removed|paused|resumed)|model\.(paused|resumed|limits)|alias\.|data\.|network\.|secret\.)/;

/** Whether an event of a model may explain a problem. */
export function isChange(action: string): boolean {
  return CHANGES.test(action);
}
