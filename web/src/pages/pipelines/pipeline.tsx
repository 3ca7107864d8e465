/** One pipeline: its graph, its runs, and running it. */
import { useParams } from "@tanstack/react-router";

import { $api } from "~/api/client";
import type { PipelineView, RunView } from "~/api/schema";
import { secondsOf } from "~/pages/jobs/states";
import { SetSchedule } from "~/pages/schedules/set";
import { duration } from "~/parts/figures";
import { PageLink, path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Card, Facts, Page } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { Person } from "~/parts/subject";
import { DataTable, type Column } from "~/parts/table";
import { useView } from "~/parts/view";
import { BeginRun } from "./begin";
import { Graph } from "./graph";
import { isDone, runState, stepDoes } from "./states";

const LIVE_MS = 2_000;
const MOST_RUNS = 100;

const COLUMNS: Column<RunView>[] = [
  { name: "run", header: "Run", cell: ({ id }) => id.slice(-6) },
  { name: "state", header: "State", cell: ({ state, reason }) => <span title={reason || undefined}><StateWord state={runState(state)[0]}>{runState(state)[1]}</StateWord></span> },
  { name: "steps", header: "Steps", align: "end", cell: ({ steps }) => `${steps.filter(({ state }) => isDone(state)).length} of ${steps.length}` },
  { name: "cached", header: "Cached", align: "end", cell: ({ steps }) => steps.filter(({ state }) => state === "cached").length },
  { name: "version", header: "Version", align: "end", cell: ({ version }) => version },
  { name: "took", header: "Took", align: "end", cell: ({ created_at, ended_at }) => (ended_at ? duration(secondsOf({ started_at: created_at, ended_at })!) : "–") },
  { name: "by", header: "By", cell: ({ created_by }) => <Person actor={created_by} /> },
  { name: "at", header: "Begun", cell: ({ created_at }) => <Moment time={created_at} /> },
];

export function PipelinePage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const answer = $api.useQuery("get", "/api/v1/pipelines/{id}", { params: { path: { id } } });
  const pipeline = answer.data;
  return (
    <Page
      title={pipeline?.name ?? "Pipeline"}
      within={[["Pipelines", "/pipelines"]]}
      says={pipeline && (pipeline.description || `${pipeline.steps.length} steps, version ${pipeline.latest}.`)}
      actions={
        pipeline && (
          <>
            <BeginRun pipeline={pipeline} />
            <SetSchedule of={{ kind: "pipeline", ...pipeline }} />
          </>
        )
      }
    >
      <Answer of={answer} lines={10}>
        {(found) => <Parts pipeline={found} />}
      </Answer>
    </Page>
  );
}

function Parts({ pipeline }: { pipeline: PipelineView }) {
  const [view, setView] = useView({ step: "" });
  const runs = $api.useQuery("get", "/api/v1/pipeline-runs", { params: { query: { pipeline: pipeline.id, limit: MOST_RUNS } } }, { refetchInterval: ({ state }) => (state.data?.runs.some((run) => run.state === "running") ? LIVE_MS : false) });
  const chosen = pipeline.steps.find(({ name }) => name === view.step);
  const steps = ordered(pipeline.steps.map((step) => ({ name: step.name, does: stepDoes(step), needs: needsOf(step) })));
  return (
    <div className="stack">
      <Card title="Steps">
        <Graph label="Steps" chosen={view.step} onChoose={(step) => setView({ step })} steps={steps} />
        {chosen && <Definition step={chosen} />}
      </Card>
      <Answer of={runs}>
        {({ runs: found }) =>
          found.length === 0 ? (
            <Empty title="It has not run yet">
              <p>Run it, or have it run by the clock or on new data.</p>
            </Empty>
          ) : (
            <DataTable label="Runs" noun={["run", "runs"]} rows={found} columns={COLUMNS} keyOf={({ id }) => id} hrefOf={({ id }) => path`/pipeline-runs/${id}`} />
          )
        }
      </Answer>
    </div>
  );
}

function Definition({ step }: { step: PipelineView["steps"][number] }) {
  const lines: [string, React.ReactNode][] = [["Does", <span key="d" className="mono">{stepDoes(step)}</span>]];
  for (const [name, source] of Object.entries(step.arguments)) {
    const at = source.at.map((key) => `[${JSON.stringify(key)}]`).join("");
    lines.push([name, <span key={name} className="mono">{source.step ? `${source.step}${at}` : source.parameter ? `parameter ${source.parameter}` : JSON.stringify(source.value)}</span>]);
  }
  for (const [name, reference] of Object.entries(step.data)) lines.push([name, <PageLink key={name} href={path`/data/${reference.replace("data://", "").replace(/@\d+$/, "")}`}>{reference}</PageLink>]);
  if (step.kind === "function") lines.push(["Hardware", step.tier], ["Environment", step.environment ?? "what its folder asks for"], ["Tries again", step.retries], ["Cached", step.cache ? "yes" : "no, it runs in each run"]);
  if (step.secrets.length) lines.push(["Secrets", step.secrets.join(", ")]);
  return (
    <section aria-label={step.name} style={{ marginTop: 16 }}>
      <h3 style={{ fontSize: 14, margin: "0 0 8px" }}>{step.name}</h3>
      <Facts of={lines} />
    </section>
  );
}

function needsOf({ arguments: given, after }: PipelineView["steps"][number]): string[] {
  return [...new Set([...Object.values(given).flatMap(({ step }) => (step ? [step] : [])), ...after])];
}

/** Steps in an order in which each is after those that it needs. */
function ordered<S extends { name: string; needs: string[] }>(steps: S[]): S[] {
  const done = new Set<string>();
  const found: S[] = [];
  while (found.length < steps.length) {
    const ready = steps.filter(({ name, needs }) => !done.has(name) && needs.every((need) => done.has(need)));
    if (ready.length === 0) return steps;
    for (const step of ready) done.add(step.name);
    found.push(...ready);
  }
  return found;
}
