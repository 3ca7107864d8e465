/** One sweep: how far it is, the best so far, lines across the parameters, and every trial. */
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useEffect } from "react";

import { $api, answerOf, client } from "~/api/client";
import { askAnew } from "~/api/queries";
import type { SweepView, TrialView } from "~/api/schema";
import { Action } from "~/parts/action";
import { Figure, figure } from "~/parts/figures";
import { ChoiceFilter, FilterBar } from "~/parts/filters";
import { PageLink, path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Card, Facts, Page } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { Person } from "~/parts/subject";
import { DataTable, type Column } from "~/parts/table";
import { useView } from "~/parts/view";
import { DeployLeft } from "../jobs/deployleft";
import { GroupCost } from "../usage/cost";
import { shownValue } from "./coordinates";
import { Parallel } from "./parallel";
import { sweepState } from "./states";

const LIVE_MS = 1_000;
const PAGE_ROWS = 1_000;

export function SweepPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const answer = $api.useQuery("get", "/api/v1/sweeps/{id}", { params: { path: { id } } }, { refetchInterval: ({ state }) => (state.data?.state === "running" ? LIVE_MS : false) });
  const sweep = answer.data;
  return (
    <Page
      title={sweep?.name ?? "Sweep"}
      within={[["Sweeps", "/sweeps"]]}
      says={sweep && <Says sweep={sweep} />}
      actions={sweep && <>{sweep.best?.jobs[0] && sweep.folds === null && <DeployBest job={sweep.best.jobs[0]} />}{sweep.state === "running" && <Action label="Cancel the sweep" color="red" permission="jobs.run" on={{ project: sweep.project }} before={<>Its jobs that are not over are cancelled; what the others reached stays.</>} act={() => answerOf(client.POST("/api/v1/sweeps/{id}/cancel", { params: { path: { id } } })).then(() => askAnew("/api/v1/sweeps"))} />}</>}
    >
      <Answer of={answer} lines={10}>
        {(found) => <Trials sweep={found} />}
      </Answer>
    </Page>
  );
}

function Says({ sweep }: { sweep: SweepView }) {
  const [state, word] = sweepState(sweep.state);
  return (
    <span className="row">
      <StateWord state={state}>{word}</StateWord> {sweep.done + sweep.failed} of {sweep.trials} trials are over, begun <Moment time={sweep.created_at} /> by <Person actor={sweep.created_by} />
      {sweep.reason && `: ${sweep.reason}`}
      <GroupCost kind="sweeps" id={sweep.id} isLive={sweep.state === "running"} />
    </span>
  );
}

/** Deploys what the best trial left, once its job is known. */
function DeployBest({ job }: { job: string }) {
  const answer = $api.useQuery("get", "/api/v1/jobs/{id}", { params: { path: { id: job } } });
  return answer.data ? <DeployLeft job={answer.data} label="Deploy the best" /> : null;
}

function Trials({ sweep }: { sweep: SweepView }) {
  const [view, setView] = useView({ state: "", by: "best" });
  const answer = useInfiniteQuery({
    // Asked anew whenever a trial begins or ends, the last one too.
    queryKey: [`/api/v1/sweeps/${sweep.id}/trials`, sweep.done, sweep.failed, sweep.running],
    placeholderData: keepPreviousData,
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) => answerOf(client.GET("/api/v1/sweeps/{id}/trials", { params: { path: { id: sweep.id }, query: { limit: PAGE_ROWS, cursor: pageParam || undefined } }, signal })),
    getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
  });
  useEffect(() => {
    if (answer.hasNextPage && !answer.isFetching) void answer.fetchNextPage();
  }, [answer]);
  const all = answer.data?.pages.flatMap(({ trials }) => trials) ?? [];
  const rows = sorted(all.filter(({ state }) => !view.state || state === view.state), view.by, sweep.maximize);
  const names = Object.keys(sweep.space);
  return (
    <div className="stack">
      <div className="grid">
        <Card title={sweep.best ? `Best ${sweep.objective}: ${figure(sweep.best.value!)}` : "Nothing was reached yet"}>
          {sweep.best ? <Facts of={names.map((name) => [name, <span key={name} className="mono">{shownValue(sweep.best!.parameters[name])}</span>])} /> : <p className="muted">The best trial appears here.</p>}
          {sweep.best?.jobs[0] && (
            <p style={{ marginBottom: 0 }}>
              <PageLink href={path`/jobs/${sweep.best.jobs[0]}`}>See its job</PageLink>
            </p>
          )}
        </Card>
        <Card title="What is tried">
          <Facts of={[["Job", <PageLink key="j" href={path`/jobs/${sweep.job}`}>{sweep.job.slice(-6)}</PageLink>], ["Strategy", sweep.strategy], ["Better is", sweep.maximize ? "more" : "less"], ["At a time", sweep.parallel], ["Folds", sweep.folds ?? "none"]]} />
        </Card>
      </div>
      <Card title={`Trials across their parameters to ${sweep.objective}`}>
        <Parallel names={names} objective={sweep.objective} trials={all} maximize={sweep.maximize} />
      </Card>
      <FilterBar>
        <ChoiceFilter label="State" all="Every trial" value={view.state} options={[{ value: "done", label: "done" }, { value: "running", label: "running" }, { value: "failed", label: "failed" }]} onChange={(state) => setView({ state })} />
        <ChoiceFilter label="Order" value={view.by} options={[{ value: "best", label: "The best first" }, { value: "number", label: "As they began" }]} onChange={(by) => setView({ by })} />
      </FilterBar>
      <Answer of={answer}>
        {() =>
          rows.length === 0 ? (
            <Empty title="No trial is like this" />
          ) : (
            <DataTable label="Trials" noun={["trial", "trials"]} rows={rows} columns={columnsOf(sweep, names)} keyOf={({ number }) => String(number)} hrefOf={({ jobs, number }) => (jobs[0] ? path`/jobs/${jobs[0]}` : path`/sweeps/${sweep.id}` + `#${number}`)} />
          )
        }
      </Answer>
    </div>
  );
}

function columnsOf({ objective, folds }: SweepView, names: string[]): Column<TrialView>[] {
  return [
    { name: "number", header: "Trial", cell: ({ number }) => number },
    ...names.map((name): Column<TrialView> => ({ name: `p-${name}`, header: name, align: "end", cell: ({ parameters }) => valueWords(parameters[name]) })),
    { name: "value", header: objective, align: "end", cell: ({ value }) => <Figure value={value} /> },
    ...(folds === null ? [] : [{ name: "spread", header: "±", align: "end" as const, cell: ({ spread }: TrialView) => <Figure value={spread} /> }]),
    { name: "state", header: "State", cell: ({ state, reason }) => <span title={reason || undefined}><StateWord state={sweepState(state)[0]}>{sweepState(state)[1]}</StateWord></span> },
  ];
}

function valueWords(value: unknown) {
  return typeof value === "number" ? <Figure value={value} /> : shownValue(value);
}

function sorted(trials: TrialView[], by: string, maximize: boolean): TrialView[] {
  if (by !== "best") return trials;
  const rank = ({ value }: TrialView) => (value === null ? Infinity : maximize ? -value : value);
  return [...trials].sort((one, other) => rank(one) - rank(other) || one.number - other.number);
}
