/** Triggers: what starts when something happens. */
import { $api } from "~/api/client";
import type { TriggerView } from "~/api/schema";
import { useProject } from "~/app/project";
import { Code } from "~/parts/copy";
import { counted } from "~/parts/figures";
import { path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Page } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { Person } from "~/parts/subject";
import { DataTable, type Column } from "~/parts/table";

const MOST = 1_000;

/** `data.added of orders-*`. */
export function waitWords({ waits_for, action, subject }: TriggerView): string {
  return waits_for === "call" ? "calls" : `${action} of ${subject || "anything"}`;
}

const COLUMNS: Column<TriggerView>[] = [
  { name: "name", header: "Trigger", cell: ({ name }) => name },
  { name: "state", header: "State", cell: ({ state, paused_because }) => <StateWord state={state === "active" ? "ok" : paused_because ? "failing" : "unknown"}>{state}</StateWord> },
  { name: "project", header: "Project", cell: ({ project }) => project },
  { name: "waits", header: "Waits for", cell: waitWords },
  { name: "last", header: "Last", cell: ({ last }) => (last ? <Moment time={last.at} /> : "–") },
  { name: "as", header: "Runs as", cell: ({ runs_as }) => <Person actor={runs_as} /> },
];

export function TriggersPage() {
  const [project] = useProject();
  const answer = $api.useQuery("get", "/api/v1/triggers", { params: { query: { limit: MOST, project: project || undefined } } });
  return (
    <Page title="Triggers" says={answer.data && `${counted(answer.data.triggers.filter(({ state }) => state === "active").length, "trigger is", "triggers are")} active: jobs that start when something happens.`}>
      <Answer of={answer}>
        {({ triggers }) =>
          triggers.length === 0 ? (
            <Empty title="There is no trigger yet">
              <p>A trigger runs a job when something happens that you may read of: new data, an alert, a release; or when another system calls. Set one from a job's page, or by a command.</p>
              <Code text="unshelf triggers set retrain --job JOB --on data.added --subject orders" />
            </Empty>
          ) : (
            <DataTable label="Triggers" noun={["trigger", "triggers"]} rows={triggers} columns={COLUMNS} keyOf={({ id }) => id} hrefOf={({ id }) => path`/triggers/${id}`} />
          )
        }
      </Answer>
    </Page>
  );
}
