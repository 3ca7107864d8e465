/** Times: relative for reading, exact in the reader's zone on hover. */
import { useSyncExternalStore } from "react";

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const EVERY_MS = 30_000;

/** `3 hours ago`, `in 2 days`. */
export function relativeTime(time: string | Date, now: number = Date.now()): string {
  const seconds = (new Date(time).getTime() - now) / 1_000;
  for (const [unit, size] of STEPS) {
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  }
  return "just now";
}

export function exactTime(time: string | Date): string {
  return exact.format(new Date(time));
}

// One clock for all moments of a page: a table has dozens in sight, and makes new ones while it scrolls.
const listeners = new Set<() => void>();
let ticks = 0;
let timer: ReturnType<typeof setInterval> | undefined;

function onTick(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    ticks += 1;
    for (const each of listeners) each();
  }, EVERY_MS);
  return () => listeners.delete(listener);
}

function ticksSoFar(): number {
  return ticks;
}

/** A moment; a dash where there is none. */
export function Moment({ time, none = "–" }: { time: string | null | undefined; none?: string }) {
  useSyncExternalStore(onTick, ticksSoFar);
  if (!time) return <>{none}</>;
  return (
    <time dateTime={time} title={exactTime(time)}>
      {relativeTime(time)}
    </time>
  );
}
