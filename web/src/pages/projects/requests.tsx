/** Requests: what I asked for, and what I may decide. */
import { $api } from "~/api/client";
import type { RequestDetail } from "~/api/schema";
import { ChoiceFilter, FilterBar } from "~/parts/filters";
import { counted } from "~/parts/figures";
import { path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Page } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { StateWord, type State } from "~/parts/state";
import { Person } from "~/parts/subject";
import { DataTable, type Column } from "~/parts/table";
import { useView } from "~/parts/view";

export const REQUEST_STATES: Record<RequestDetail["state"], State> = { open: "attention", granted: "ok", refused: "failing", withdrawn: "unknown" };

/** `access as caller to churn`, `approval of churn:4`. */
export function askedFor({ kind, wanted, model, project }: RequestDetail): string {
  if (kind === "approval") return `approval of ${typeof wanted.about === "string" ? wanted.about : `the pipeline ${String(wanted.pipeline ?? "")}`}`;
  const role = typeof wanted.role === "string" ? ` as ${wanted.role}` : typeof wanted.tier === "string" ? ` ${wanted.tier}` : "";
  return `${kind}${role}${model || project ? ` to ${model ?? project}` : ""}`;
}

const COLUMNS: Column<RequestDetail>[] = [
  { name: "what", header: "Asks for", cell: askedFor },
  { name: "state", header: "State", cell: ({ state }) => <StateWord state={REQUEST_STATES[state]}>{state}</StateWord> },
  { name: "by", header: "Who asks", cell: ({ asked_by }) => <Person actor={asked_by} /> },
  { name: "at", header: "Asked", cell: ({ asked_at }) => <Moment time={asked_at} /> },
  { name: "decide", header: "Waits for you", cell: ({ may_decide, state }) => (may_decide && state === "open" ? "yes" : "–") },
  { name: "reason", header: "What for", cell: ({ reason }) => reason },
];

export function RequestsPage() {
  const [view, setView] = useView({ state: "open" });
  const answer = $api.useQuery("get", "/api/v1/requests", { params: { query: { limit: 1_000, state: view.state as "open" } } });
  const rows = answer.data?.requests ?? [];
  const mine = rows.filter(({ may_decide, state }) => may_decide && state === "open").length;
  return (
    <Page title="Requests" says={answer.data && (mine ? `${counted(mine, "request waits", "requests wait")} for you.` : "None waits for you.")}>
      <FilterBar>
        <ChoiceFilter label="State" value={view.state} options={[{ value: "open", label: "Open" }, { value: "all", label: "All" }]} onChange={(state) => setView({ state })} />
      </FilterBar>
      <Answer of={answer}>
        {() =>
          rows.length === 0 ? (
            <Empty title={view.state === "open" ? "No request is open" : "There is no request"}>
              <p>Ask for access on the page of a model or a project; who may grant it decides here.</p>
            </Empty>
          ) : (
            <DataTable label="Requests" noun={["request", "requests"]} rows={rows} columns={COLUMNS} keyOf={({ id }) => id} hrefOf={({ id }) => path`/requests/${id}`} />
          )
        }
      </Answer>
    </Page>
  );
}
