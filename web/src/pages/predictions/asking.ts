/** Records of predictions: as SQL over any time, as the stream of a model, and one alone. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { parseExactly } from "~/api/exact";
import { useMay } from "~/api/permissions";
import type { QueryAnswer } from "~/api/schema";

/** A prediction in a list. */
export interface Listed {
  id: string;
  time: string;
  model: string;
  version: number;
  caller: string;
  purpose: string;
  status: number;
  code: string;
  latency_ms: number;
}

/** A prediction with all that was recorded of it. */
export interface Recorded extends Listed {
  reference: string;
  protocol: string;
  key: string;
  queue_ms: number;
  predict_ms: number;
  batch_rows: number;
  attempts: number;
  trace: string;
  input: unknown;
  params: unknown;
  output: unknown;
  /** A row each, with a number for each class; only where the version records them. */
  scores?: number[][];
}

export interface Filters {
  status: string;
  purpose: string;
  version: string;
  caller: string;
  /** `1h`, `1d` … before now; `between` means `from` and `to`; empty: all that is kept. */
  since: string;
  from: string;
  to: string;
}

export const PAGE_ROWS = 100;
const MOST_KEYS = 50;
export const SPANS = [
  { value: "15m", label: "Last 15 minutes", sql: "15 minutes" },
  { value: "1h", label: "Last hour", sql: "1 hour" },
  { value: "1d", label: "Last day", sql: "1 day" },
  { value: "7d", label: "Last week", sql: "7 days" },
  { value: "30d", label: "Last 30 days", sql: "30 days" },
];
const STATUSES: Record<string, string> = { ok: "status < 400", error: "status >= 400", "4xx": "status between 400 and 499", "5xx": "status >= 500" };

/** A text as SQL has it. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** The query of one page of a list, the newest first, from before the prediction `before`. `keys`: records have the ids of keys, people know their names. */
export function listSql(filters: Filters, before: string, keys: Map<string, string> = new Map()): string {
  const caller = filters.caller.toLowerCase();
  const named = [...keys].filter(([, name]) => name.toLowerCase().includes(caller)).slice(0, MOST_KEYS);
  const span = SPANS.find(({ value }) => value === filters.since);
  const conditions = [
    STATUSES[filters.status] ?? (/^\d{3}$/.test(filters.status) ? `status = ${filters.status}` : ""),
    filters.purpose && `coalesce(purpose, 'live') = ${sqlText(filters.purpose)}`,
    /^\d+$/.test(filters.version) ? `version = ${filters.version}` : "",
    caller && `(${[`contains(lower(key), ${sqlText(caller)})`, ...named.map(([id]) => `key = ${sqlText(id)}`)].join(" or ")})`,
    span && `time > now()::timestamp - interval ${sqlText(span.sql)}`,
    filters.since === "between" && moment(filters.from) && `time >= ${sqlText(moment(filters.from))}::timestamp`,
    filters.since === "between" && moment(filters.to) && `time < ${sqlText(moment(filters.to))}::timestamp`,
    before && `id < ${sqlText(before)}`,
  ].filter(Boolean);
  const where = conditions.length ? ` where ${conditions.join(" and ")}` : "";
  return `select id, time, model, version, key, coalesce(purpose, 'live') as purpose, status, code, latency_ms from predictions${where} order by id desc limit ${PAGE_ROWS}`;
}

/** A moment of the reader's clock as UTC, as the records have it; empty: it is none. */
export function moment(local: string): string {
  const time = new Date(local);
  return local && !Number.isNaN(time.getTime()) ? time.toISOString().slice(0, 19) : "";
}

/** Rows of an answer as objects. */
export function listed(answer: QueryAnswer): Listed[] {
  const names = answer.columns.map(({ name }) => name);
  return answer.rows.map((row) => {
    const found = Object.fromEntries(names.map((name, place) => [name, (row as unknown[])[place]])) as Record<string, unknown>;
    const time = String(found["time"] ?? "");
    return { ...found, time: /Z|[+-]\d\d:?\d\d$/.test(time) ? time : `${time.replace(" ", "T")}Z`, caller: String(found["key"] ?? "") } as unknown as Listed;
  });
}

export async function askSql(sql: string, model: string | null, signal?: AbortSignal): Promise<QueryAnswer> {
  const text = await answerOf(client.POST("/api/v1/predictions/query", { body: { sql, model }, signal, parseAs: "text" }));
  return parseExactly(String(text)) as QueryAnswer;
}

/** The rows of a query as a Parquet file. */
export async function askParquet(sql: string, model: string | null): Promise<{ file: Blob; isTruncated: boolean }> {
  const asked = client.POST("/api/v1/predictions/query", { body: { sql, model }, headers: { Accept: "application/vnd.apache.parquet" }, parseAs: "blob" });
  const file = (await answerOf(asked)) as unknown as Blob;
  return { file, isTruncated: (await asked).response.headers.get("X-Truncated") === "true" };
}

const MOST_KEY_NAMES = 10_000;

/** The names of API keys by their ids, as far as one may see them: records have the ids. */
export function useKeyNames(): Map<string, string> {
  const may = useMay();
  const { data } = $api.useQuery("get", "/api/v1/keys", { params: { query: { limit: MOST_KEY_NAMES } } }, { enabled: may("keys.read") });
  return useMemo(() => new Map(data?.keys.map(({ id, name }) => [id, name])), [data]);
}

/** Lines of JSON as they come: give it parts of the stream. */
export function lineReader(take: (line: unknown) => void): (part: string) => void {
  let rest = "";
  return (part) => {
    const lines = (rest + part).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim()) take(parseExactly(line));
  };
}

const MOST_LIVE = 500;
const GATHER_MS = 200;
const AGAIN_MS = 2_000;

/** What a stream of lines says, the newest first, as long as `address` is not empty. */
export function useLines<Line>(address: string): { lines: Line[]; error: unknown } {
  const [lines, setLines] = useState<Line[]>([]);
  const [error, setError] = useState<unknown>();
  const waiting = useRef<Line[]>([]);
  useEffect(() => {
    setLines([]);
    setError(undefined);
    waiting.current = [];
    if (!address) return;
    const leaving = new AbortController();
    const timer = setInterval(() => {
      const fresh = waiting.current.splice(0).reverse();
      if (fresh.length) setLines((before) => [...fresh, ...before].slice(0, MOST_LIVE));
    }, GATHER_MS);
    async function follow() {
      let since = "";
      while (!leaving.signal.aborted) {
        try {
          const answer = await fetch(since ? `${address}&since=${encodeURIComponent(since)}` : address, { signal: leaving.signal });
          if (!answer.ok) throw await answer.json();
          setError(undefined);
          const take = lineReader((line) => waiting.current.push(line as Line));
          const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
          for (let part = await reader.read(); !part.done; part = await reader.read()) take(part.value);
        } catch (problem) {
          if (!leaving.signal.aborted) setError(problem);
        }
        since = new Date().toISOString();
        await new Promise((done) => setTimeout(done, AGAIN_MS));
      }
    }
    void follow();
    return () => {
      leaving.abort();
      clearInterval(timer);
    };
  }, [address]);
  return { lines, error };
}

/** One prediction with all that was recorded of it; null: it is not kept any more. */
export function useRecorded(model: string, id: string) {
  return useQuery({
    queryKey: ["prediction", model, id],
    enabled: id !== "",
    staleTime: Infinity,
    queryFn: async ({ signal }) => {
      const text = await answerOf(client.GET("/api/v1/models/{ref}/predictions", { params: { path: { ref: model }, query: { id, tail: 1 } }, parseAs: "text", signal }));
      const [line] = String(text).split("\n");
      return line ? (parseExactly(line) as Recorded) : null;
    },
  });
}
