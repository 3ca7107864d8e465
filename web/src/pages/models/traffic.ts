/** The traffic of a model: requests and latency in equal steps of time, from the records of its predictions. */
import type { QueryAnswer } from "~/api/schema";

export interface Span {
  value: string;
  label: string;
  /** As SQL has it. */
  sql: string;
  seconds: number;
  step: string;
  stepSeconds: number;
}

const HOUR = 3_600;
export const TRAFFIC_SPANS: Span[] = [
  { value: "1h", label: "Last hour", sql: "1 hour", seconds: HOUR, step: "1 minute", stepSeconds: 60 },
  { value: "1d", label: "Last day", sql: "1 day", seconds: 24 * HOUR, step: "30 minutes", stepSeconds: HOUR / 2 },
  { value: "7d", label: "Last week", sql: "7 days", seconds: 168 * HOUR, step: "3 hours", stepSeconds: 3 * HOUR },
  { value: "28d", label: "Last 4 weeks", sql: "28 days", seconds: 672 * HOUR, step: "12 hours", stepSeconds: 12 * HOUR },
];

/** Requests of each step by their outcome, and their latency: what callers asked, nothing that was tried or checked. */
export function trafficSql({ sql, step }: Span): string {
  return (
    `select epoch(time_bucket(interval '${step}', time)) as moment, count(*) filter (where status < 400) as answered, count(*) filter (where status between 400 and 499) as refused,` +
    ` count(*) filter (where status >= 500) as failed, quantile_cont(latency_ms, 0.5) as p50, quantile_cont(latency_ms, 0.99) as p99` +
    ` from predictions where coalesce(purpose, 'live') in ('live', 'batch') and time > now()::timestamp - interval '${sql}' group by moment order by moment`
  );
}

export interface Traffic {
  /** Seconds since 1970 at which each step begins. */
  at: number[];
  answered: number[];
  refused: number[];
  failed: number[];
  p50: (number | null)[];
  p99: (number | null)[];
  requests: number;
}

/** The steps of a span up to `now` (seconds since 1970). In a step without requests nothing has a latency. */
export function trafficOf({ rows }: Pick<QueryAnswer, "rows">, { seconds, stepSeconds }: Span, now: number): Traffic {
  const found = new Map((rows as unknown[][]).map(([at, ...rest]) => [Number(at), rest]));
  const last = Math.floor(now / stepSeconds) * stepSeconds;
  const first = Math.floor((now - seconds) / stepSeconds) * stepSeconds;
  const at = Array.from({ length: (last - first) / stepSeconds + 1 }, (_, place) => first + place * stepSeconds);
  const column = (place: number) => at.map((moment) => Number(found.get(moment)?.[place] ?? 0));
  const gaps = (place: number) => at.map((moment) => (found.get(moment)?.[place] == null ? null : Number(found.get(moment)![place])));
  const [answered, refused, failed] = [column(0), column(1), column(2)];
  return { at, answered, refused, failed, p50: gaps(3), p99: gaps(4), requests: [...answered, ...refused, ...failed].reduce((sum, each) => sum + each, 0) };
}
