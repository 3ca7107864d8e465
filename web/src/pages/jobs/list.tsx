/** Jobs, the newest first; what waits says for what. */
import { useInfiniteQuery } from "@tanstack/react-query";

import { $api, answerOf, client } from "~/api/client";
import type { JobSummary } from "~/api/schema";
import { useProject } from "~/app/project";
import { Code } from "~/parts/copy";
import { counted, duration } from "~/parts/figures";
import { ChoiceFilter, FilterBar, TextFilter } from "~/parts/filters";
import { path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Page } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { Person } from "~/parts/subject";
import { DataTable, type Column } from "~/parts/table";
import { useView } from "~/parts/view";
import { RunFromGit } from "./fromgit";
import { isOver, jobState, secondsOf } from "./states";

const LIVE_MS = 2_000;
const PAGE_ROWS = 200;
const STATES = ["running", "queued", "waiting", "preparing", "succeeded", "failed", "timed_out", "cancelled"];

const COLUMNS: Column<JobSummary>[] = [
  { name: "name", header: "Job", cell: ({ name, array_index }) => (array_index === null ? name : `${name} [${array_index}]`) },
  { name: "state", header: "State", cell: ({ state, reason }) => <span title={reason || undefined}><StateWord state={jobState(state)[0]}>{jobState(state)[1]}</StateWord></span> },
  { name: "project", header: "Project", cell: ({ project }) => project },
  { name: "tier", header: "Tier", cell: ({ tier }) => tier },
  { name: "attempts", header: "Attempts", align: "end", cell: ({ attempts }) => attempts },
  { name: "took", header: "Took", align: "end", cell: (job) => took(job) },
  { name: "by", header: "By", cell: ({ created_by }) => <Person actor={created_by} /> },
  { name: "at", header: "Submitted", cell: ({ created_at }) => <Moment time={created_at} /> },
];

function took(job: JobSummary): string {
  const seconds = secondsOf(job);
  return seconds === null ? "–" : duration(seconds);
}

export function JobsPage() {
  const [view, setView] = useView({ q: "", state: "", tier: "" });
  const [project] = useProject();
  const tiers = $api.useQuery("get", "/api/v1/tiers", {}).data?.tiers ?? [];
  const query = { limit: PAGE_ROWS, project: project || undefined, state: view.state ? [view.state as "running"] : undefined, tier: view.tier || undefined };
  const answer = useInfiniteQuery({
    queryKey: ["/api/v1/jobs", query],
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) => answerOf(client.GET("/api/v1/jobs", { params: { query: { ...query, cursor: pageParam || undefined } }, signal })),
    getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
    refetchInterval: ({ state }) => (state.data?.pages.some(({ jobs }) => jobs.some((each) => !isOver(each.state))) ? LIVE_MS : false),
  });
  const all = answer.data?.pages.flatMap(({ jobs }) => jobs) ?? [];
  const rows = all.filter(({ name }) => name.toLowerCase().includes(view.q.toLowerCase()));
  const running = all.filter(({ state }) => state === "running" || state === "starting").length;
  const waiting = all.filter(({ state }) => !isOver(state)).length - running;
  return (
    <Page title="Jobs" actions={<RunFromGit />} says={answer.data && running + waiting === 0 ? "No job runs or waits." : `${counted(running, "job runs", "jobs run")}, ${counted(waiting, "waits", "wait")}.`}>
      <FilterBar>
        <TextFilter label="Filter by name" value={view.q} onChange={(q) => setView({ q })} />
        <ChoiceFilter label="State" all="Every state" value={view.state} options={STATES.map((value) => ({ value, label: jobState(value)[1] }))} onChange={(state) => setView({ state })} />
        <ChoiceFilter label="Tier" all="Every tier" value={view.tier} options={tiers.map(({ name }) => name)} onChange={(tier) => setView({ tier })} />
      </FilterBar>
      <Answer of={answer}>
        {() =>
          all.length === 0 && !view.state && !view.tier ? (
            <Empty title="There is no job yet">
              <p>A job runs a program of yours on hardware that you choose, with its packages, data and secrets, and keeps what it printed, measured and left.</p>
              <Code text="unshelf run train.py --tier small" />
            </Empty>
          ) : rows.length === 0 ? (
            <Empty title="No job is like this">
              <p>Take a filter away to see more.</p>
            </Empty>
          ) : (
            <DataTable label="Jobs" noun={["job", "jobs"]} rows={rows} columns={COLUMNS} keyOf={({ id }) => id} hrefOf={({ id }) => path`/jobs/${id}`} more={() => void answer.fetchNextPage()} hasMore={answer.hasNextPage} isLoadingMore={answer.isFetchingNextPage} />
          )
        }
      </Answer>
    </Page>
  );
}
