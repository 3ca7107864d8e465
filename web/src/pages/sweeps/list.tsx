/** Sweeps, the newest first, with the best that each reached. */
import { $api } from "~/api/client";
import type { SweepView } from "~/api/schema";
import { useProject } from "~/app/project";
import { Code } from "~/parts/copy";
import { Figure, counted } from "~/parts/figures";
import { FilterBar, TextFilter } from "~/parts/filters";
import { path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Page } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { Person } from "~/parts/subject";
import { DataTable, type Column } from "~/parts/table";
import { useView } from "~/parts/view";
import { sweepState } from "./states";

const LIVE_MS = 2_000;
const MOST = 1_000;

const COLUMNS: Column<SweepView>[] = [
  { name: "name", header: "Sweep", cell: ({ name }) => name },
  { name: "state", header: "State", cell: ({ state, reason }) => <span title={reason || undefined}><StateWord state={sweepState(state)[0]}>{sweepState(state)[1]}</StateWord></span> },
  { name: "project", header: "Project", cell: ({ project }) => project },
  { name: "strategy", header: "Strategy", cell: ({ strategy }) => strategy },
  { name: "trials", header: "Trials", align: "end", cell: ({ done, failed, trials }) => `${done + failed} of ${trials}` },
  { name: "best", header: "Best", align: "end", cell: ({ best, objective }) => (best ? <span title={objective}><Figure value={best.value} /></span> : "–") },
  { name: "by", header: "By", cell: ({ created_by }) => <Person actor={created_by} /> },
  { name: "at", header: "Begun", cell: ({ created_at }) => <Moment time={created_at} /> },
];

export function SweepsPage() {
  const [view, setView] = useView({ q: "" });
  const [project] = useProject();
  const answer = $api.useQuery("get", "/api/v1/sweeps", { params: { query: { limit: MOST, project: project || undefined } } }, { refetchInterval: ({ state }) => (state.data?.sweeps.some((each) => each.state === "running") ? LIVE_MS : false) });
  const all = answer.data?.sweeps ?? [];
  const rows = all.filter(({ name }) => name.toLowerCase().includes(view.q.toLowerCase()));
  return (
    <Page title="Sweeps" says={answer.data && `${counted(all.filter(({ state }) => state === "running").length, "sweep runs", "sweeps run")}: the same job with many parameters.`}>
      <FilterBar>
        <TextFilter label="Filter by name" value={view.q} onChange={(q) => setView({ q })} />
      </FilterBar>
      <Answer of={answer}>
        {() =>
          all.length === 0 ? (
            <Empty title="There is no sweep yet">
              <p>A sweep runs a job again with many parameters, and compares what each reached. Begin one from a job's page, or by a command.</p>
              <Code text="unshelf sweeps begin JOB --param depth=3,5,7 --objective accuracy" />
            </Empty>
          ) : (
            <DataTable label="Sweeps" noun={["sweep", "sweeps"]} rows={rows} columns={COLUMNS} keyOf={({ id }) => id} hrefOf={({ id }) => path`/sweeps/${id}`} />
          )
        }
      </Answer>
    </Page>
  );
}
