/** Alerts: what needs somebody, what somebody has, and what was settled. Those of one model that began together are one group. */
import { Switch } from "@mantine/core";

import { $api } from "~/api/client";
import { useIdentity, useMay } from "~/api/permissions";
import type { AlertShown } from "~/api/schema";
import { counted } from "~/parts/figures";
import { ChoiceFilter, FilterBar, TextFilter } from "~/parts/filters";
import { PageLink, path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Page } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { Person } from "~/parts/subject";
import { useView } from "~/parts/view";
import { grouped, stateOfAlert, wordOfAlert } from "./states";

const MOST = 1_000;
const STATES = [
  { value: "open", label: "Open" },
  { value: "active", label: "Open, not set aside" },
  { value: "resolved", label: "Resolved" },
  { value: "all", label: "All" },
];
type AlertState = "open" | "active" | "resolved" | "all";

export function AlertsPage() {
  const [view, setView] = useView({ state: "open", severity: "", model: "", mine: false, q: "" });
  const isUser = useIdentity()?.kind === "user";
  const may = useMay();
  const state = (STATES.some(({ value }) => value === view.state) ? view.state : "open") as AlertState;
  const severity = view.severity === "warning" || view.severity === "critical" ? view.severity : undefined;
  const answer = $api.useQuery("get", "/api/v1/alerts", { params: { query: { state, limit: MOST, severity, model: view.model || undefined, mine: view.mine || undefined } } });
  const models = $api.useQuery("get", "/api/v1/models", { params: { query: { limit: MOST } } }, { enabled: may("model.read") }).data?.models ?? [];
  const q = view.q.toLowerCase();
  const rows = (answer.data?.alerts ?? []).filter(({ summary, model, kind }) => [summary, model ?? "", kind].some((text) => text.toLowerCase().includes(q)));
  const waiting = rows.filter(({ status }) => status === "new").length;
  const open = rows.filter(({ status }) => status !== "resolved").length;
  const says = open ? `${counted(open, "alert is", "alerts are")} open; ${waiting ? `${counted(waiting, "waits", "wait")} for somebody` : "somebody has each"}.` : "No alert is open.";
  return (
    <Page title="Alerts" says={answer.data && says}>
      <FilterBar>
        <ChoiceFilter label="State" value={state} options={STATES} onChange={(next) => setView({ state: next })} />
        <ChoiceFilter label="Severity" all="Any severity" value={view.severity} options={["critical", "warning"]} onChange={(next) => setView({ severity: next })} />
        {models.length > 0 && <ChoiceFilter label="Model" all="Any model" value={view.model} options={models.map(({ name }) => name)} onChange={(next) => setView({ model: next })} />}
        {isUser && <Switch label="Mine" checked={view.mine} onChange={(event) => setView({ mine: event.currentTarget.checked })} />}
        <TextFilter label="Filter by text" value={view.q} onChange={(next) => setView({ q: next })} />
      </FilterBar>
      <Answer of={answer}>
        {() =>
          rows.length === 0 ? (
            <Empty title={state === "open" || state === "active" ? "Nothing needs you" : "No alert is like this"}>
              <p>An alert says what is wrong, since when and how far, and ranks what you may do about it. It ends when what it says is not so any more.</p>
              <p>
                Who hears of the alerts of a model is set on the model's page. <PageLink href="/alert-policies">Policies</PageLink> answer alerts without anybody.
              </p>
            </Empty>
          ) : (
            <ul className="list" aria-label="Alerts">
              {grouped(rows).map((group) => (
                <li key={group[0]!.id}>
                  <Group of={group} />
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
    </Page>
  );
}

function Group({ of }: { of: AlertShown[] }) {
  const { model, project } = of[0]!;
  return (
    <div className="card">
      {of.length > 1 && (
        <div className="small muted" style={{ marginBottom: 8 }}>
          {counted(of.length, "alert")} of {model ?? project ?? "the installation"} that began together
        </div>
      )}
      <div className="stack" style={{ gap: 12 }}>
        {of.map((alert) => (
          <One key={alert.id} alert={alert} />
        ))}
      </div>
    </div>
  );
}

function One({ alert }: { alert: AlertShown }) {
  const { id, summary, advice, model, project, owner, raised_at, resolved_at, assignee, acknowledged_by, snoozed_until, status } = alert;
  return (
    <div>
      <div className="row" style={{ alignItems: "baseline" }}>
        <StateWord state={stateOfAlert(alert)}>{wordOfAlert(alert)}</StateWord>
        <PageLink href={path`/alerts/${id}`} style={{ fontWeight: 600, overflowWrap: "anywhere" }}>
          {summary}
        </PageLink>
      </div>
      <p className="prose" style={{ margin: "4px 0" }}>{advice}</p>
      <div className="small muted">
        {model ? <PageLink href={path`/models/${model}`} style={{ textDecoration: "underline" }}>{model}</PageLink> : project ? <>the project <PageLink href={path`/projects/${project}`} style={{ textDecoration: "underline" }}>{project}</PageLink></> : "the installation"},{" "}
        {assignee ? `given to ${assignee.name}` : <>owner <Person actor={owner} /></>}, raised <Moment time={raised_at} />
        {status === "acknowledged" && <>, <Person actor={acknowledged_by} /> has it</>}
        {status === "snoozed" && <>, until <Moment time={snoozed_until} /></>}
        {resolved_at && <>, resolved <Moment time={resolved_at} /></>}
      </div>
    </div>
  );
}
