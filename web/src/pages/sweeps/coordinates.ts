/** Parallel coordinates: a scale for each parameter, and the place of each value on it. */
export interface Axis {
  name: string;
  /** The values in the order of the axis, where they are no numbers. */
  values: string[] | null;
  low: number;
  high: number;
  isLog: boolean;
}

type Row = Record<string, unknown>;

/** The axes of rows, in the order of the names. A parameter that is a number throughout has a scale, in powers where it spans more than two of them. */
export function axesOf(names: string[], rows: Row[]): Axis[] {
  return names.map((name) => {
    const values = rows.map((row) => row[name]).filter((value) => value !== undefined);
    const numbers = values.filter((value): value is number => typeof value === "number" && Number.isFinite(value));
    if (numbers.length < values.length || numbers.length === 0) {
      return { name, values: [...new Set(values.map(shownValue))].sort(), low: 0, high: 0, isLog: false };
    }
    const low = Math.min(...numbers);
    const high = Math.max(...numbers);
    return { name, values: null, low, high, isLog: low > 0 && high / low > 100 };
  });
}

/** Where a value lies on its axis, from 0 (below) to 1; null: it has no place there. */
export function placeOn(axis: Axis, value: unknown): number | null {
  if (axis.values) {
    const at = axis.values.indexOf(shownValue(value));
    return at < 0 ? null : axis.values.length === 1 ? 0.5 : at / (axis.values.length - 1);
  }
  if (typeof value !== "number" || !Number.isFinite(value)) return null;
  if (axis.high === axis.low) return 0.5;
  if (axis.isLog) return value > 0 ? Math.log(value / axis.low) / Math.log(axis.high / axis.low) : null;
  return (value - axis.low) / (axis.high - axis.low);
}

export function shownValue(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value) ?? "";
}
