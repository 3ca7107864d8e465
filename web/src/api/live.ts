/** Live updates: the event log is followed, and what an event speaks of is asked anew. */
import { useEffect } from "react";

import { askAnew } from "./queries";
import { noteExpiry } from "./session";

/** What an event of a kind of subject changes: starts of paths of the API. */
const CHANGED_BY: Record<string, string[]> = {
  model: ["/api/v1/models", "/api/v1/projects"],
  app: ["/api/v1/apps"],
  scenario: ["/api/v1/models/{name}/scenarios"],
  version: ["/api/v1/models", "/api/v1/environments"],
  release: ["/api/v1/models"],
  alias: ["/api/v1/models"],
  deploy: ["/api/v1/deploys"],
  project: ["/api/v1/projects"],
  goal: ["/api/v1/projects"],
  request: ["/api/v1/requests", "/api/v1/whoami"],
  alert: ["/api/v1/alerts", "/api/v1/monitors", "/api/v1/models/{name}/monitors"],
  monitor: ["/api/v1/monitors", "/api/v1/models/{name}/monitors"],
  alert_policy: ["/api/v1/alert-policies"],
  key: ["/api/v1/keys"],
  user: ["/api/v1/users"],
  group: ["/api/v1/groups"],
  member: ["/api/v1/whoami", "/api/v1/projects", "/api/v1/models", "/api/v1/members"],
  data: ["/api/v1/data"],
  dataset: ["/api/v1/data"],
  environment: ["/api/v1/environments"],
  curated_environment: ["/api/v1/environments"],
  secret: ["/api/v1/secrets"],
  quota: ["/api/v1/quotas"],
  tier: ["/api/v1/tiers", "/api/v1/prices"],
  prices: ["/api/v1/prices"],
  budget: ["/api/v1/budgets"],
  job: ["/api/v1/jobs", "/api/v1/tiers"],
  scoring: ["/api/v1/scorings"],
  bench: ["/api/v1/benches"],
  sweep: ["/api/v1/sweeps"],
  pipeline: ["/api/v1/pipelines"],
  pipeline_run: ["/api/v1/pipeline-runs", "/api/v1/pipelines"],
  schedule: ["/api/v1/schedules"],
  trigger: ["/api/v1/triggers"],
};
const ALWAYS = ["/api/v1/activity", "/api/v1/notifications", "/api/v1/subjects", "/api/v1/audit"];
const GATHER_MS = 300;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

export interface ServerEvent {
  id: string;
  event: string;
  data: string;
}

/** Cuts a stream of server-sent events: takes text as it comes, and gives each event that is complete. */
export function eventReader(onEvent: (event: ServerEvent) => void): (text: string) => void {
  let rest = "";
  return (text) => {
    const blocks = (rest + text).split(/\r?\n\r?\n/);
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const fields: ServerEvent = { id: "", event: "", data: "" };
      for (const line of block.split(/\r?\n/)) {
        const [, name, value] = /^(id|event|data): ?(.*)$/.exec(line) ?? [];
        if (name) fields[name as keyof ServerEvent] += value;
      }
      if (fields.id || fields.data) onEvent(fields);
    }
  };
}

/** The starts of paths that events of these subjects change. */
export function changedBy(kinds: Iterable<string>): string[] {
  return [...new Set([...ALWAYS, ...[...kinds].flatMap((kind) => CHANGED_BY[kind] ?? [])])];
}

/** Follow the log while the page is seen. A hidden page holds no connection, and catches up when it is seen again. */
export function useLiveUpdates(enabled: boolean) {
  useEffect(() => {
    if (!enabled) return;
    let leaving = new AbortController();
    let last = "";
    let wait = FIRST_WAIT_MS;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const kinds = new Set<string>();

    function gather({ id, data }: ServerEvent) {
      last = id;
      kinds.add(kindOf(data));
      timer ??= setTimeout(() => {
        timer = undefined;
        void askAnew(...changedBy(kinds));
        kinds.clear();
      }, GATHER_MS);
    }

    async function follow(signal: AbortSignal) {
      while (!signal.aborted) {
        try {
          const headers: Record<string, string> = last ? { "Last-Event-ID": last } : {};
          const answer = await fetch("/api/v1/events", { headers, signal });
          if (answer.status === 401) {
            noteExpiry();
            return;
          }
          if (answer.ok && answer.body) {
            wait = FIRST_WAIT_MS;
            const take = eventReader(gather);
            const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
            for (let part = await reader.read(); !part.done; part = await reader.read()) take(part.value);
          }
        } catch {
          if (signal.aborted) return;
        }
        await new Promise((done) => setTimeout(done, wait));
        wait = Math.min(wait * 2, LONGEST_WAIT_MS);
      }
    }

    function look() {
      leaving.abort();
      if (document.hidden) return;
      leaving = new AbortController();
      void follow(leaving.signal);
    }

    look();
    document.addEventListener("visibilitychange", look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      leaving.abort();
      clearTimeout(timer);
    };
  }, [enabled]);
}

function kindOf(data: string): string {
  try {
    return String((JSON.parse(data) as { subject_kind?: unknown }).subject_kind ?? "");
  } catch {
    return "";
  }
}
