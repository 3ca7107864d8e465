/** Amounts and costs in words, and days as lines of a chart. */
import { figure } from "~/parts/figures";
import { path } from "~/parts/link";

export interface Amounts {
  cpu_seconds: number;
  memory_gib_seconds: number;
  held_seconds: number;
  gpu_seconds: number;
  disk_gib_hours: number;
  predictions: number;
  cost: number;
}

export const GROUPINGS = ["project", "person", "model", "version", "key", "job", "tier", "what"] as const;
export type Grouping = (typeof GROUPINGS)[number];

export interface UsageLine {
  name: string;
  what: string;
  title?: string;
  amounts: Amounts;
}

const HOUR = 3_600;
const DAY_MS = 86_400_000;
const MOST_LINES = 6;
const MONTHS_SHOWN = 12;

/** `12.40 EUR`; small amounts keep three digits. */
export function money(amount: number, currency: string): string {
  const words = amount === 0 || amount >= 1 ? amount.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 }) : amount < 0.000_001 ? "0.000001" : amount.toLocaleString("en", { maximumSignificantDigits: 3 });
  return `${amount > 0 && amount < 0.000_001 ? "< " : ""}${words} ${currency}`.trim();
}

/** Hours with three digits; a dash for none. */
export function hours(seconds: number): string {
  return seconds ? figure(seconds / HOUR) : "–";
}

export function amount(value: number): string {
  return value ? figure(value) : "–";
}

export function nameOf({ name, what, title }: Pick<UsageLine, "name" | "what" | "title">): string {
  return title ? `${title} (${name.slice(-6)})` : name || what;
}

/** The page of what a line of a report is of; undefined where it has none. */
export function pageOf(by: Grouping, name: string): string | undefined {
  if (!name) return undefined;
  if (by === "project") return path`/projects/${name}`;
  if (by === "model" || by === "version") return path`/models/${name}`;
  return by === "job" ? path`/jobs/${name}` : undefined;
}

/** The last months, the newest first, as `2026-11`. */
export function lastMonths(now: Date): string[] {
  return Array.from({ length: MONTHS_SHOWN }, (_, back) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 1)).toISOString().slice(0, 7));
}

export interface Day {
  day: string;
  lines: UsageLine[];
}

/** Costs by day: a line for each of the dearest, and one for all others. Days without use count as zero. */
export function series(days: Day[]): { at: number[]; lines: { label: string; values: number[] }[] } {
  if (days.length === 0) return { at: [], lines: [] };
  const first = Date.parse(days[0]!.day);
  const count = Math.round((Date.parse(days.at(-1)!.day) - first) / DAY_MS) + 1;
  const totals = new Map<string, number>();
  for (const { lines } of days) for (const line of lines) totals.set(nameOf(line), (totals.get(nameOf(line)) ?? 0) + line.amounts.cost);
  const dearest = [...totals].sort(([, one], [, other]) => other - one).map(([name]) => name);
  const shown = dearest.length > MOST_LINES ? dearest.slice(0, MOST_LINES - 1) : dearest;
  const found = new Map<string, number[]>(shown.map((name) => [name, Array<number>(count).fill(0)]));
  if (shown.length < dearest.length) found.set("others", Array<number>(count).fill(0));
  for (const { day, lines } of days) {
    const place = Math.round((Date.parse(day) - first) / DAY_MS);
    for (const line of lines) {
      const values = found.get(nameOf(line)) ?? found.get("others")!;
      values[place]! += line.amounts.cost;
    }
  }
  return { at: Array.from({ length: count }, (_, place) => (first + place * DAY_MS) / 1_000), lines: [...found].map(([label, values]) => ({ label, values })) };
}
