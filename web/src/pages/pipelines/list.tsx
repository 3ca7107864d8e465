/** Pipelines, with how their last runs came out. */
import { $api } from "~/api/client";
import type { PipelineView } from "~/api/schema";
import { useProject } from "~/app/project";
import { Code } from "~/parts/copy";
import { counted } from "~/parts/figures";
import { FilterBar, TextFilter } from "~/parts/filters";
import { PageLink, path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Page } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { Person } from "~/parts/subject";
import { DataTable, type Column } from "~/parts/table";
import { useView } from "~/parts/view";
import { runState } from "./states";

const LIVE_MS = 2_000;
const MOST = 1_000;

const COLUMNS: Column<PipelineView>[] = [
  { name: "name", header: "Pipeline", cell: ({ name }) => name },
  { name: "state", header: "Last run", cell: ({ last }) => (last ? <PageLink href={path`/pipeline-runs/${last.id}`} title={last.reason || undefined}><StateWord state={runState(last.state)[0]}>{runState(last.state)[1]}</StateWord></PageLink> : <span className="muted">none yet</span>) },
  { name: "project", header: "Project", cell: ({ project }) => project },
  { name: "steps", header: "Steps", align: "end", cell: ({ steps }) => steps.length },
  { name: "version", header: "Version", align: "end", cell: ({ latest }) => latest },
  { name: "by", header: "By", cell: ({ created_by }) => <Person actor={created_by} /> },
  { name: "at", header: "Run", cell: ({ last }) => <Moment time={last?.created_at} /> },
];

export function PipelinesPage() {
  const [view, setView] = useView({ q: "" });
  const [project] = useProject();
  const answer = $api.useQuery("get", "/api/v1/pipelines", { params: { query: { limit: MOST, project: project || undefined } } }, { refetchInterval: ({ state }) => (state.data?.pipelines.some(({ last }) => last?.state === "running") ? LIVE_MS : false) });
  const all = answer.data?.pipelines ?? [];
  const rows = all.filter(({ name }) => name.toLowerCase().includes(view.q.toLowerCase()));
  return (
    <Page title="Pipelines" says={answer.data && `${counted(all.filter(({ last }) => last?.state === "running").length, "pipeline runs", "pipelines run")}: steps of jobs, one after the other.`}>
      <FilterBar>
        <TextFilter label="Filter by name" value={view.q} onChange={(q) => setView({ q })} />
      </FilterBar>
      <Answer of={answer}>
        {() =>
          all.length === 0 ? (
            <Empty title="There is no pipeline yet">
              <p>A pipeline is written in Python: functions are its steps, and what one returns the next one takes. It can deploy a candidate, compare it, ask for approval and release it. Send one from where your code is.</p>
              <Code text="unshelf pipelines run retraining.py:retrain" />
            </Empty>
          ) : rows.length === 0 ? (
            <Empty title="No pipeline is like this">
              <p>Take a filter away to see more.</p>
            </Empty>
          ) : (
            <DataTable label="Pipelines" noun={["pipeline", "pipelines"]} rows={rows} columns={COLUMNS} keyOf={({ id }) => id} hrefOf={({ id }) => path`/pipelines/${id}`} />
          )
        }
      </Answer>
    </Page>
  );
}
