/** The fleet: all models, those that need attention first, each with the reason. */
import { keepPreviousData } from "@tanstack/react-query";

import { $api } from "~/api/client";
import type { FleetModelView } from "~/api/schema";
import { useProject } from "~/app/project";
import { counted, Figure } from "~/parts/figures";
import { ChoiceFilter, FilterBar, TextFilter } from "~/parts/filters";
import { path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Page } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { DataTable, type Column } from "~/parts/table";
import { useView } from "~/parts/view";

const EVERY_MS = 60_000;
const WORDS = { ok: "ok", attention: "attention", failing: "failing", unknown: "quiet" };

const COLUMNS: Column<FleetModelView>[] = [
  { name: "name", header: "Model", cell: ({ name }) => name },
  { name: "state", header: "State", cell: ({ state, paused }) => <StateWord state={paused ? "unknown" : state}>{paused ? "paused" : WORDS[state]}</StateWord> },
  { name: "why", header: "Why", takesRest: true, cell: ({ reasons }) => <span title={reasons.join("\n")}>{reasons.join(" ") || <span className="muted">–</span>}</span> },
  { name: "alerts", header: "Alerts", align: "end", cell: ({ alerts }) => alerts || "–" },
  { name: "requests", header: "Requests, 24 h", align: "end", cell: ({ requests }) => <Figure value={requests} /> },
  { name: "week", header: "7 days before", align: "end", cell: ({ requests_week }) => <Figure value={requests_week} /> },
  { name: "failed", header: "Failed, 24 h", align: "end", cell: ({ failed }) => <Figure value={failed} /> },
  { name: "p99", header: "99\u00a0% (ms)", align: "end", cell: ({ p99 }) => <Figure value={p99} /> },
  { name: "last", header: "Last request, hour from", cell: ({ last_request }) => <Moment time={last_request} none="never" /> },
  { name: "project", header: "Project", cell: ({ project }) => project },
];

export function FleetPage() {
  const [view, setView] = useView({ state: "", q: "" });
  const [project] = useProject();
  const answer = $api.useQuery("get", "/api/v1/fleet", { params: { query: project ? { project } : {} } }, { placeholderData: keepPreviousData, refetchInterval: EVERY_MS });
  const models = answer.data?.models ?? [];
  const rows = models.filter(({ name, state }) => name.includes(view.q.toLowerCase()) && (view.state === "" || state === view.state));
  const urgent = models.filter(({ reasons }) => reasons.length > 0).length;
  return (
    <Page title="Fleet" says={answer.data && says(models.length, urgent, answer.data.counted_until)}>
      <FilterBar>
        <TextFilter label="Filter by name" value={view.q} onChange={(q) => setView({ q })} />
        <ChoiceFilter label="State" value={view.state} all="All states" options={Object.entries(WORDS).map(([value, label]) => ({ value, label }))} onChange={(state) => setView({ state })} />
      </FilterBar>
      <Answer of={answer}>
        {() =>
          models.length === 0 ? (
            <Empty title="No model yet">
              <p>Models are listed here as they are deployed: those that need attention first, with the reason.</p>
            </Empty>
          ) : (
            <DataTable label="Fleet" noun={["model", "models"]} rows={rows} columns={COLUMNS} keyOf={({ name }) => name} hrefOf={({ name }) => `${path`/models/${name}`}?tab=monitoring`} />
          )
        }
      </Answer>
    </Page>
  );
}

function says(count: number, urgent: number, until: string | null) {
  return (
    <>
      {urgent === 0 ? "No model needs attention." : `${counted(urgent, "model needs", "models need")} attention, of ${count}.`}{" "}
      {until && (
        <span className="small">
          Counted up to <Moment time={until} />.
        </span>
      )}
    </>
  );
}
