/** Schedules: what starts by the clock. */
import { $api } from "~/api/client";
import type { ScheduleView } from "~/api/schema";
import { useProject } from "~/app/project";
import { counted } from "~/parts/figures";
import { Code } from "~/parts/copy";
import { path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Page } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { Person } from "~/parts/subject";
import { DataTable, type Column } from "~/parts/table";

const MOST = 1_000;

const COLUMNS: Column<ScheduleView>[] = [
  { name: "name", header: "Schedule", cell: ({ name }) => name },
  { name: "state", header: "State", cell: ({ state, paused_because }) => <StateWord state={state === "active" ? "ok" : paused_because ? "failing" : "unknown"}>{state}</StateWord> },
  { name: "project", header: "Project", cell: ({ project }) => project },
  { name: "cron", header: "When", cell: ({ cron, time_zone }) => <span className="mono">{`${cron} (${time_zone})`}</span> },
  { name: "next", header: "Next", cell: ({ next_at }) => <Moment time={next_at} /> },
  { name: "last", header: "Last", cell: ({ last }) => (last ? <span title={last.error || undefined}><StateWord state={last.error ? "failing" : "ok"}>{last.error ? "refused" : "started"}</StateWord></span> : "–") },
  { name: "as", header: "Runs as", cell: ({ runs_as }) => <Person actor={runs_as} /> },
];

export function SchedulesPage() {
  const [project] = useProject();
  const answer = $api.useQuery("get", "/api/v1/schedules", { params: { query: { limit: MOST, project: project || undefined } } });
  return (
    <Page title="Schedules" says={answer.data && `${counted(answer.data.schedules.filter(({ state }) => state === "active").length, "schedule is", "schedules are")} active: jobs that start by the clock.`}>
      <Answer of={answer}>
        {({ schedules }) =>
          schedules.length === 0 ? (
            <Empty title="There is no schedule yet">
              <p>A schedule runs a job again and again, each moment once, also across restarts and where the clocks change. Set one from a job's page, or by a command.</p>
              <Code text={'unshelf schedules set nightly --job JOB --cron "30 6 * * MON-FRI" --time-zone Europe/Berlin'} />
            </Empty>
          ) : (
            <DataTable label="Schedules" noun={["schedule", "schedules"]} rows={schedules} columns={COLUMNS} keyOf={({ id }) => id} hrefOf={({ id }) => path`/schedules/${id}`} />
          )
        }
      </Answer>
    </Page>
  );
}
