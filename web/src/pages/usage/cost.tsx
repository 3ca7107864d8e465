/** Costs on the pages of what causes them: a project's this month, a job's so far. */
import { $api } from "~/api/client";
import { counted, duration } from "~/parts/figures";
import { PageLink } from "~/parts/link";
import { money } from "./amounts";

const LIVE_MS = 10_000;
/** How often it is asked what a job that is over cost: it is known some seconds after the end. */
const MOST_TRIES = 6;

/** What a job has cost so far; nothing where nothing is known of it yet. */
export function JobCost({ id, isLive }: { id: string; isLive: boolean }) {
  const answer = $api.useQuery("get", "/api/v1/usage/jobs/{id}", { params: { path: { id } } }, { retry: false, refetchInterval: ({ state }) => (isLive || (!state.data && state.errorUpdateCount < MOST_TRIES) ? LIVE_MS : false) });
  if (!answer.data) return null;
  const { currency, amounts, copies, with_copies } = answer.data;
  return (
    <>
      <span title={amountsWords(amounts)}>
        · {isLive ? "has cost" : "cost"} {money(amounts.cost, currency)}
      </span>
      {copies > 0 && (
        <span title={amountsWords(with_copies)}>
          · {money(with_copies.cost, currency)} with the {counted(copies, "job")} made from it
        </span>
      )}
    </>
  );
}

/** What the jobs of a sweep, or of a run of a pipeline, cost so far; nothing where nothing is known of it yet. */
export function GroupCost({ kind, id, isLive }: { kind: "sweeps" | "pipeline-runs"; id: string; isLive: boolean }) {
  const answer = $api.useQuery("get", `/api/v1/usage/${kind}/{id}`, { params: { path: { id } } }, { retry: false, refetchInterval: ({ state }) => (isLive || (state.data && state.data.jobs > 0 && state.data.amounts.cpu_seconds === 0) ? LIVE_MS : false) });
  if (!answer.data) return null;
  const { currency, amounts, jobs } = answer.data;
  return (
    <span title={amountsWords(amounts)}>
      · {isLive ? "has cost" : "cost"} {money(amounts.cost, currency)} in {counted(jobs, "job")}
    </span>
  );
}

function amountsWords({ cpu_seconds, held_seconds }: { cpu_seconds: number; held_seconds: number }): string {
  return `${duration(cpu_seconds)} of CPU, ${duration(held_seconds)} of a tier`;
}

/** What a project costs this month, with the way to its report. */
export function ProjectCost({ project }: { project: string }) {
  const query = { by: "what" as const, project };
  const answer = $api.useQuery("get", "/api/v1/usage", { params: { query } });
  if (!answer.data) return <>–</>;
  const { billed_total, currency } = answer.data;
  return <PageLink href={`/usage?project=${encodeURIComponent(project)}&by=what`}>{money(billed_total.cost, currency)} this month</PageLink>;
}
