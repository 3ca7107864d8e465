/** One run of a pipeline: its graph, live, and the step that is chosen. */
import { useParams } from "@tanstack/react-router";
import { useEffect, useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { askAnew } from "~/api/queries";
import type { RunView } from "~/api/schema";
import { secondsOf } from "~/pages/jobs/states";
import { Action } from "~/parts/action";
import { duration } from "~/parts/figures";
import { PageLink, path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Card, Facts, Page } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { Person } from "~/parts/subject";
import { useView } from "~/parts/view";
import { GroupCost } from "../usage/cost";
import { RunAgain } from "./begin";
import { StepCard } from "./facts";
import { Graph } from "./graph";
import { isDone, mayResume, runState, stepDoes, stepState } from "./states";

const LIVE_MS = 1_000;

export function PipelineRunPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const answer = $api.useQuery("get", "/api/v1/pipeline-runs/{id}", { params: { path: { id } } }, { refetchInterval: ({ state }) => (state.data?.state === "running" ? LIVE_MS : false) });
  const run = answer.data;
  return (
    <Page
      title={run ? `Run of ${run.name}` : "Run of a pipeline"}
      within={[["Pipelines", "/pipelines"], ...(run ? [[run.name, path`/pipelines/${run.pipeline}`] as [string, string]] : [])]}
      says={run && <Says run={run} />}
      actions={run && <Acts run={run} />}
    >
      <Answer of={answer} lines={10}>
        {(found) => <Steps run={found} />}
      </Answer>
    </Page>
  );
}

function Says({ run }: { run: RunView }) {
  const [state, word] = runState(run.state);
  const done = run.steps.filter((step) => isDone(step.state)).length;
  const took = secondsOf({ started_at: run.created_at, ended_at: run.ended_at });
  return (
    <span className="row">
      <StateWord state={state}>{word}</StateWord> {done} of {run.steps.length} steps are done, begun <Moment time={run.created_at} /> by <Person actor={run.created_by} />
      {run.ended_at && took !== null && `· took ${duration(took)}`}
      {run.reason && ` · ${run.reason}`}
      <GroupCost kind="pipeline-runs" id={run.id} isLive={run.state === "running"} />
    </span>
  );
}

function Acts({ run }: { run: RunView }) {
  const on = { project: run.project };
  const act = (verb: "cancel" | "resume") => () => answerOf(client.POST(`/api/v1/pipeline-runs/{id}/${verb}`, { params: { path: { id: run.id } } })).then(() => askAnew("/api/v1/pipeline-runs"));
  return (
    <>
      {run.state === "running" && <Action label="Cancel the run" color="red" permission="jobs.run" on={on} before={<>Its jobs are cancelled and its requests withdrawn; what is done stays, and the run can be resumed.</>} act={act("cancel")} />}
      {mayResume(run.state) && <Action label="Resume the run" permission="jobs.run" on={on} before={<>It goes on from what did not succeed, by your rights from now on. What is done stays.</>} act={act("resume")} />}
      {run.state !== "running" && <RunAgain run={run} />}
    </>
  );
}

function Steps({ run }: { run: RunView }) {
  const [view, setView] = useView({ step: "" });
  const now = useNow(run.state === "running");
  const usual = run.steps.find(({ state }) => state === "failed" || state === "rejected") ?? run.steps.find(({ state }) => state === "running");
  const chosen = run.steps.find(({ name }) => name === view.step) ?? usual;
  const parameters = Object.entries(run.parameters);
  return (
    <div className="stack">
      <Card>
        <Graph
          label="Steps"
          chosen={chosen?.name ?? ""}
          onChoose={(step) => setView({ step })}
          steps={run.steps.map((step) => ({
            name: step.name,
            does: stepDoes(step),
            needs: step.needs,
            state: stepState(step)[0],
            word: stepState(step)[1],
            isDone: isDone(step.state),
            seconds: step.state === "cached" ? null : secondsOf(step, now),
          }))}
        />
      </Card>
      <div className="grid">
        {chosen && <StepCard step={chosen} />}
        <Card title="What it was run with">
          <Facts
            of={[
              ["Version", run.version],
              ...parameters.map(([name, value]): [string, React.ReactNode] => [name, <span key={name} className="mono">{typeof value === "string" ? value : JSON.stringify(value)}</span>]),
              ...Object.values(run.data).map((reference): [string, React.ReactNode] => ["Data", <PageLink key={reference} href={path`/data/${reference.replace("data://", "").replace(/@\d+$/, "")}`}>{reference}</PageLink>]),
              ["Earlier values", run.fresh ? "every step ran" : "taken where they are the same"],
              ["Runs as", <Person key="a" actor={run.runs_as} />],
              ...(run.parent ? [["Repeats", <PageLink key="p" href={path`/pipeline-runs/${run.parent}`}>an earlier run</PageLink>] as [string, React.ReactNode]] : []),
            ]}
          />
        </Card>
      </div>
    </div>
  );
}

/** The time, anew each second while something runs. */
function useNow(isLive: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!isLive) return;
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [isLive]);
  return now;
}
