/** Capacity: who uses the machine now, who waits for it and why, which workers are warm and why. */
import { $api } from "~/api/client";
import type { CapacityView } from "~/api/schema";
import { bytes, counted, duration, figure } from "~/parts/figures";
import { PageLink, path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Card, Page } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { Person } from "~/parts/subject";
import { DataTable } from "~/parts/table";

const LIVE_MS = 5_000;

type JobNow = Pick<CapacityView["running"][number], "created_by" | "project">;

/** Jobs counted by who submitted them, in which project; those with the most that wait first. */
export function byPerson(running: JobNow[], waiting: JobNow[]): { by: string; project: string; running: number; waiting: number }[] {
  const found = new Map<string, { by: string; project: string; running: number; waiting: number }>();
  for (const [jobs, state] of [[running, "running"], [waiting, "waiting"]] as const) {
    for (const { created_by: by, project } of jobs) {
      const line = found.get(`${by} ${project}`) ?? { by, project, running: 0, waiting: 0 };
      line[state] += 1;
      found.set(`${by} ${project}`, line);
    }
  }
  return [...found.values()].sort((one, other) => other.waiting - one.waiting || other.running - one.running || one.by.localeCompare(other.by));
}

export function CapacityPage() {
  const answer = $api.useQuery("get", "/api/v1/capacity", {}, { refetchInterval: LIVE_MS });
  const found = answer.data;
  return (
    <Page title="Capacity" says={found && `${counted(found.running.length, "job runs", "jobs run")}, ${counted(found.waiting.length, "waits", "wait")}; ${found.warm === null ? "the host does not answer" : counted(found.warm.length, "worker is warm", "workers are warm")}.`}>
      <Answer of={answer}>
        {({ tiers, running, waiting, warm }) => (
          <div className="stack">
            <Card title="Whose jobs wait, and why">
              {waiting.length === 0 ? (
                <p className="muted">No job waits.</p>
              ) : (
                <DataTable
                  label="Jobs that wait"
                  noun={["job", "jobs"]}
                  rows={waiting}
                  keyOf={({ id }) => id}
                  hrefOf={({ id }) => path`/jobs/${id}`}
                  columns={[
                    { name: "name", header: "Job", cell: ({ name }) => name },
                    { name: "reason", header: "Waits because", cell: ({ reason }) => reason },
                    { name: "by", header: "By", cell: ({ created_by }) => <Person actor={created_by} /> },
                    { name: "project", header: "Project", cell: ({ project }) => project },
                    { name: "tier", header: "Tier", cell: ({ tier }) => tier },
                    { name: "turn", header: "Turn", align: "end", cell: ({ turn }) => (turn === null ? "–" : figure(turn)) },
                    { name: "since", header: "Since", cell: ({ since }) => <Moment time={since} /> },
                  ]}
                />
              )}
              {waiting.some(({ turn }) => turn !== null) && <p className="small muted" style={{ marginBottom: 0 }}>Projects take turns, and in each the people: whose fewest jobs run is next.</p>}
            </Card>
            {running.length + waiting.length > 0 && (
              <Card title="Whose jobs these are">
                <DataTable
                  label="People"
                  noun={["person", "people"]}
                  rows={byPerson(running, waiting)}
                  keyOf={({ by, project }) => `${by} ${project}`}
                  columns={[
                    { name: "by", header: "By", cell: ({ by }) => <Person actor={by} /> },
                    { name: "project", header: "Project", cell: ({ project }) => <PageLink href={path`/projects/${project}`}>{project}</PageLink> },
                    { name: "running", header: "Run", align: "end", cell: ({ running: count }) => figure(count) },
                    { name: "waiting", header: "Wait", align: "end", cell: ({ waiting: count }) => figure(count) },
                  ]}
                />
              </Card>
            )}
            <Card title="Tiers">
              <DataTable
                label="Tiers"
                noun={["tier", "tiers"]}
                rows={tiers}
                keyOf={({ tier }) => tier}
                columns={[
                  { name: "tier", header: "Tier", cell: ({ tier }) => tier },
                  { name: "free", header: "Free now", align: "end", cell: ({ free }) => (free === null ? "–" : figure(free)) },
                  { name: "running", header: "Running", align: "end", cell: ({ running: count }) => figure(count) },
                  { name: "waiting", header: "Waiting", align: "end", cell: ({ waiting: count }) => figure(count) },
                ]}
              />
            </Card>
            <Card title="Jobs that run">
              {running.length === 0 ? (
                <p className="muted">No job runs.</p>
              ) : (
                <DataTable
                  label="Jobs that run"
                  noun={["job", "jobs"]}
                  rows={running}
                  keyOf={({ id }) => id}
                  hrefOf={({ id }) => path`/jobs/${id}`}
                  columns={[
                    { name: "name", header: "Job", cell: ({ name }) => name },
                    { name: "by", header: "By", cell: ({ created_by }) => <Person actor={created_by} /> },
                    { name: "project", header: "Project", cell: ({ project }) => project },
                    { name: "tier", header: "Tier", cell: ({ tier }) => tier },
                    { name: "since", header: "Since", cell: ({ since }) => <Moment time={since} /> },
                  ]}
                />
              )}
            </Card>
            {warm === null || warm.length === 0 ? (
              <Empty title={warm === null ? "Which workers run is not known" : "No worker is warm"}>
                <p>{warm === null ? "The host does not answer at the moment." : "A worker starts with the first call of its version, and goes when it is idle for its time."}</p>
              </Empty>
            ) : (
              <Card title="Which workers are warm, and why">
                <DataTable
                  label="Workers"
                  noun={["worker", "workers"]}
                  rows={warm}
                  keyOf={({ model, version, memory_bytes, idle_seconds }) => `${model}:${version} ${memory_bytes} ${idle_seconds}`}
                  hrefOf={({ model, version }) => path`/models/${`${model}:${version}`}`}
                  columns={[
                    { name: "version", header: "Version", cell: ({ model, version }) => `${model}:${version}` },
                    { name: "reason", header: "Is there because", cell: ({ reason }) => reason },
                    { name: "project", header: "Project", cell: ({ project }) => project },
                    { name: "tier", header: "Tier", cell: ({ tier }) => tier },
                    { name: "memory", header: "Memory", align: "end", cell: ({ memory_bytes }) => bytes(memory_bytes) },
                    { name: "requests", header: "Requests", align: "end", cell: ({ requests }) => figure(requests) },
                    { name: "idle", header: "Idle for", align: "end", cell: ({ idle_seconds }) => duration(idle_seconds) },
                  ]}
                />
              </Card>
            )}
          </div>
        )}
      </Answer>
    </Page>
  );
}
