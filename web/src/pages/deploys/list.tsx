/** Deploys, the newest first; those that run show how far they are. */
import { $api } from "~/api/client";
import { useMay } from "~/api/permissions";
import type { Deploy } from "~/api/schema";
import { counted, duration } from "~/parts/figures";
import { ChoiceFilter, FilterBar, TextFilter } from "~/parts/filters";
import { PageLink, path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Page } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { Person } from "~/parts/subject";
import { DataTable, type Column } from "~/parts/table";
import { useView } from "~/parts/view";
import { deployState, seconds } from "./states";

const RUNNING_MS = 1_000;
const MOST = 500;

const COLUMNS: Column<Deploy>[] = [
  { name: "model", header: "Model", cell: ({ name, version }) => (version ? `${name}:${version}` : name) },
  { name: "state", header: "State", cell: (deploy) => <StateWord state={deployState(deploy)[0]}>{deployState(deploy)[1]}</StateWord> },
  { name: "step", header: "Last step", cell: ({ steps }) => steps.at(-1)?.step ?? "–" },
  { name: "took", header: "Took", align: "end", cell: (deploy) => duration(seconds(deploy)) },
  { name: "by", header: "By", cell: ({ by }) => <Person actor={by} /> },
  { name: "at", header: "Begun", cell: ({ created_at }) => <Moment time={created_at} /> },
];

export function DeploysPage() {
  const may = useMay();
  const [view, setView] = useView({ state: "all", model: "" });
  const answer = $api.useQuery("get", "/api/v1/deploys", { params: { query: { limit: MOST, state: view.state as "all", model: view.model || undefined } } }, { refetchInterval: ({ state }) => (state.data?.deploys.some((each) => each.state === "running") ? RUNNING_MS : false) });
  const rows = answer.data?.deploys ?? [];
  const running = rows.filter(({ state }) => state === "running").length;
  return (
    <Page title="Deploys" actions={may("model.deploy") && <PageLink className="button-link" href="/deploy">Deploy a model</PageLink>} says={answer.data && (running ? `${counted(running, "deploy is", "deploys are")} under way.` : "None is under way.")}>
      <FilterBar>
        <TextFilter label="Model, by its whole name" value={view.model} onChange={(model) => setView({ model })} />
        <ChoiceFilter label="State" value={view.state} options={[{ value: "all", label: "All" }, { value: "running", label: "Under way" }, { value: "ended", label: "Ended" }]} onChange={(state) => setView({ state })} />
      </FilterBar>
      <Answer of={answer}>
        {() =>
          rows.length === 0 ? (
            <Empty title="No deploy is like this">
              <p>
                <PageLink href="/deploy">Deploy a model</PageLink> from here, or with <code>unshelf deploy PATH</code>; it appears at once.
              </p>
            </Empty>
          ) : (
            <DataTable label="Deploys" noun={["deploy", "deploys"]} rows={rows} columns={COLUMNS} keyOf={({ id }) => id} hrefOf={({ id }) => path`/deploys/${id}`} />
          )
        }
      </Answer>
    </Page>
  );
}
