/** Scorings, the newest first, with how far those are that run. */
import { $api } from "~/api/client";
import type { ScoringSummary } from "~/api/schema";
import { useProject } from "~/app/project";
import { Code } from "~/parts/copy";
import { counted } from "~/parts/figures";
import { FilterBar, TextFilter } from "~/parts/filters";
import { path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Page } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { Person } from "~/parts/subject";
import { DataTable, type Column } from "~/parts/table";
import { useView } from "~/parts/view";
import { BeginScoring } from "./begin";
import { isOver, rowsWords, scoringState } from "./states";

const LIVE_MS = 2_000;
const MOST = 1_000;

const COLUMNS: Column<ScoringSummary>[] = [
  { name: "version", header: "Version", cell: ({ model, version }) => `${model}:${version}` },
  { name: "data", header: "Data", cell: ({ source }) => <span className="mono">{source}</span> },
  { name: "state", header: "State", cell: (each) => <span title={each.reason || undefined}><StateWord state={scoringState(each)[0]}>{scoringState(each)[1]}</StateWord></span> },
  { name: "rows", header: "Rows", align: "end", cell: rowsWords },
  { name: "out", header: "Results", cell: ({ out }) => <span className="mono">{out || "kept here"}</span> },
  { name: "project", header: "Project", cell: ({ project }) => project },
  { name: "by", header: "By", cell: ({ created_by }) => <Person actor={created_by} /> },
  { name: "at", header: "Begun", cell: ({ created_at }) => <Moment time={created_at} /> },
];

export function ScoringsPage() {
  const [view, setView] = useView({ q: "" });
  const [project] = useProject();
  const answer = $api.useQuery("get", "/api/v1/scorings", { params: { query: { limit: MOST, project: project || undefined } } }, { refetchInterval: ({ state }) => (state.data?.scorings.some((each) => !isOver(each.state)) ? LIVE_MS : false) });
  const all = answer.data?.scorings ?? [];
  const wanted = view.q.toLowerCase();
  const rows = all.filter(({ model, version, source, name }) => `${model}:${version} ${source} ${name}`.toLowerCase().includes(wanted));
  return (
    <Page title="Scorings" says={answer.data && `${counted(all.filter(({ state }) => !isOver(state)).length, "scoring is", "scorings are")} under way: tables that versions predict by jobs.`} actions={<BeginScoring />}>
      <FilterBar>
        <TextFilter label="Filter by version or data" value={view.q} onChange={(q) => setView({ q })} />
      </FilterBar>
      <Answer of={answer}>
        {() =>
          all.length === 0 ? (
            <Empty title="There is no scoring yet">
              <p>A scoring predicts all rows of some data with one version, as a job. Begin one here, on a model's page, or by a command.</p>
              <Code text="unshelf score MODEL --data customers.parquet --out scored.parquet" />
            </Empty>
          ) : (
            <DataTable label="Scorings" noun={["scoring", "scorings"]} rows={rows} columns={COLUMNS} keyOf={({ id }) => id} hrefOf={({ id }) => path`/scorings/${id}`} />
          )
        }
      </Answer>
    </Page>
  );
}
