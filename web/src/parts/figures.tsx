/** Numbers: three significant digits for reading, the exact value on hover. */
const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const exact = new Intl.NumberFormat("en", { maximumSignificantDigits: 21 });
const BYTES = ["B", "KiB", "MiB", "GiB", "TiB"];

export function figure(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 100_000) return whole.format(value);
  if (value !== 0 && Math.abs(value) < 0.001) return value.toExponential(2);
  return short.format(value);
}

/** `1.5 GiB`. */
export function bytes(value: number): string {
  let size = value;
  let unit = 0;
  while (size >= 1024 && unit < BYTES.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${short.format(size)} ${BYTES[unit]}`;
}

/** `340 ms`, `2.4 s`, `3 min 20 s`. */
export function duration(seconds: number): string {
  if (seconds < 1) return `${short.format(seconds * 1_000)} ms`;
  if (seconds < 60) return `${short.format(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function Figure({ value, unit, none = "–" }: { value: number | null | undefined; unit?: string; none?: string }) {
  if (value === null || value === undefined) return <>{none}</>;
  return <span title={exact.format(value)}>{unit ? `${figure(value)} ${unit}` : figure(value)}</span>;
}

/** `1 version`, `3 versions`. */
export function counted(count: number, one: string, many: string = `${one}s`): string {
  return `${figure(count)} ${count === 1 ? one : many}`;
}
