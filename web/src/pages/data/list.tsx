/** Data: datasets, connections and bindings that one may read. */
import { $api } from "~/api/client";
import { useProject } from "~/app/project";
import { counted } from "~/parts/figures";
import { ChoiceFilter, FilterBar, TextFilter } from "~/parts/filters";
import { Code } from "~/parts/copy";
import { path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Page } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { Word } from "~/parts/state";
import { Person } from "~/parts/subject";
import { DataTable } from "~/parts/table";
import { useView } from "~/parts/view";
import { AddData } from "./adding";

const MOST = 10_000;

export function DataPage() {
  const [view, setView] = useView({ q: "", kind: "" });
  const [project] = useProject();
  const answer = $api.useQuery("get", "/api/v1/data", { params: { query: { limit: MOST, project: project || undefined } } });
  const all = answer.data?.data ?? [];
  const rows = all.filter(({ name, kind }) => name.toLowerCase().includes(view.q.toLowerCase()) && (!view.kind || kind === view.kind));
  return (
    <Page title="Data" says={answer.data && `${counted(all.length, "name")} that you may read: datasets, connections, and names that lead to one of these.`} actions={<AddData />}>
      <FilterBar>
        <TextFilter label="Filter by name" value={view.q} onChange={(q) => setView({ q })} />
        <ChoiceFilter label="Kind" all="Every kind" value={view.kind} options={["dataset", "connection", "binding"]} onChange={(kind) => setView({ kind })} />
      </FilterBar>
      <Answer of={answer}>
        {() =>
          all.length === 0 ? (
            <Empty title="There is no data yet">
              <p>A dataset is a table or files under a name, versioned by content. Models are deployed with it, and read it by its name.</p>
              <Code text="unshelf data add orders orders.parquet" />
            </Empty>
          ) : rows.length === 0 ? (
            <Empty title="No data is like this">
              <p>Take a filter away to see more.</p>
            </Empty>
          ) : (
            <DataTable
              label="Data"
              noun={["name", "names"]}
              rows={rows}
              keyOf={({ name }) => name}
              hrefOf={({ name }) => path`/data/${name}`}
              columns={[
                { name: "name", header: "Name", cell: ({ name }) => name },
                { name: "kind", header: "Kind", cell: ({ kind }) => <Word>{kind}</Word> },
                { name: "project", header: "Project", cell: (each) => each.project },
                { name: "description", header: "Description", cell: ({ description }) => description.slice(0, 80) || "–" },
                { name: "by", header: "Added by", cell: ({ created_by }) => <Person actor={created_by} /> },
                { name: "at", header: "Added", cell: ({ created_at }) => <Moment time={created_at} /> },
              ]}
            />
          )
        }
      </Answer>
    </Page>
  );
}
