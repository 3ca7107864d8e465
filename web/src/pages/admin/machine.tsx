/** The machine: what it has, what of it is free, which workers run. */
import { $api } from "~/api/client";
import type { AlertShown, Machine } from "~/api/schema";
import { bytes, counted, duration, figure } from "~/parts/figures";
import { PageLink, path } from "~/parts/link";
import { Card, Facts, Page } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { Moment } from "~/parts/moment";
import { StateWord, type State } from "~/parts/state";
import { DataTable } from "~/parts/table";
import { Backups } from "./backups";

const STATES: Record<string, State> = { ok: "ok", warn: "attention", fail: "failing" };
const EVERY_MS = 5_000;

export function MachinePage() {
  const answer = $api.useQuery("get", "/api/v1/machine", {}, { refetchInterval: EVERY_MS });
  const status = $api.useQuery("get", "/api/v1/status", {});
  const alerts = $api.useQuery("get", "/api/v1/alerts", { params: { query: { state: "open" } } }, { refetchInterval: EVERY_MS });
  const open = alerts.data?.alerts ?? [];
  const bad = open.length + (answer.data?.machine.checks.filter(({ state }) => state !== "ok").length ?? 0);
  return (
    <Page title="Machine" says={answer.data && `${bad ? counted(bad, "thing needs", "things need") + " attention" : "Nothing needs attention"}; ${counted(answer.data.replicas.length, "worker runs", "workers run")}.`}>
      <Answer of={answer}>
        {({ machine, replicas }) => (
          <div className="stack">
            <div className="grid">
              <Card title="What it has">
                <Facts
                  of={[
                    ["Cores", figure(machine.cores)],
                    ["Memory", `${bytes(machine.memory_free_bytes)} free of ${bytes(machine.memory_bytes)}`],
                    ["Disk", `${bytes(machine.disk_free_bytes)} free of ${bytes(machine.disk_bytes)}`],
                    ["GPUs", machine.gpus ? `${machine.gpus_free} free of ${machine.gpus}` : "none"],
                    ["System", machine.platform],
                    ["Python", machine.python],
                    ["Unshelf", status.data ? `${status.data.version}, up for ${duration(status.data.uptime_seconds)}` : "–"],
                  ]}
                />
              </Card>
              <Card title="Checks" aside={<span className="small muted">as <code>unshelf doctor</code> finds them</span>}>
                <Checks of={machine.checks} alerts={open} />
              </Card>
            </div>
            <Backups />
            <Card title="Workers">
              {replicas.length === 0 ? (
                <Empty title="No worker runs just now">
                  <p>The first call of a model wakes one.</p>
                </Empty>
              ) : (
                <DataTable
                  label="Workers"
                  noun={["worker", "workers"]}
                  rows={replicas}
                  keyOf={({ pid }) => String(pid)}
                  hrefOf={({ model, version }) => path`/models/${`${model}:${version}`}`}
                  columns={[
                    { name: "model", header: "Version", cell: ({ model, version }) => `${model}:${version}` },
                    { name: "state", header: "State", cell: ({ state }) => <StateWord state={state === "serving" ? "ok" : "attention"}>{state}</StateWord> },
                    { name: "tier", header: "Tier", cell: ({ tier }) => tier || "–" },
                    { name: "memory", header: "Memory", align: "end", cell: ({ memory_bytes }) => bytes(memory_bytes) },
                    { name: "requests", header: "Requests", align: "end", cell: ({ requests }) => figure(requests) },
                    { name: "started", header: "Started", cell: ({ started_at }) => <Moment time={new Date(started_at * 1_000).toISOString()} /> },
                    { name: "walls", header: "Sandbox", cell: ({ sandboxed }) => (sandboxed ? "yes" : "no") },
                  ]}
                />
              )}
            </Card>
          </div>
        )}
      </Answer>
    </Page>
  );
}

/** What needs attention comes first, each with what to do. */
function Checks({ of, alerts }: { of: Machine["machine"]["checks"]; alerts: AlertShown[] }) {
  const order = Object.keys(STATES).reverse();
  return (
    <ul className="list">
      {alerts.map(({ id, kind, severity, summary, action, advice }) => (
        <li key={id}>
          <StateWord state={severity === "critical" ? "failing" : "attention"}>{kind}</StateWord> <PageLink href={path`/alerts/${id}`}>{summary}</PageLink>
          <div className="small muted">
            {action}: {advice}
          </div>
        </li>
      ))}
      {[...of].sort((one, other) => order.indexOf(one.state) - order.indexOf(other.state)).map(({ name, state, detail, hint }) => (
        <li key={name}>
          <StateWord state={STATES[state] ?? "unknown"}>{name}</StateWord> <span className="small">{detail}</span>
          {hint && state !== "ok" && <div className="small muted">{hint}</div>}
        </li>
      ))}
    </ul>
  );
}
