/** Alerts: what needs somebody, and what was settled. */
import { $api } from "~/api/client";
import type { AlertShown } from "~/api/schema";
import { Code } from "~/parts/copy";
import { counted } from "~/parts/figures";
import { ChoiceFilter, FilterBar, TextFilter } from "~/parts/filters";
import { PageLink, path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Page } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { Person } from "~/parts/subject";
import { useView } from "~/parts/view";

const MOST = 1_000;

export function AlertsPage() {
  const [view, setView] = useView({ state: "open", q: "" });
  const state = (["open", "resolved", "all"].includes(view.state) ? view.state : "open") as "open" | "resolved" | "all";
  const answer = $api.useQuery("get", "/api/v1/alerts", { params: { query: { state, limit: MOST } } });
  const q = view.q.toLowerCase();
  const rows = (answer.data?.alerts ?? []).filter(({ summary, model, kind }) => [summary, model ?? "", kind].some((text) => text.toLowerCase().includes(q)));
  const open = rows.filter(({ resolved_at }) => !resolved_at).length;
  return (
    <Page title="Alerts" says={answer.data && (open ? `${counted(open, "alert is", "alerts are")} open.` : "No alert is open.")}>
      <FilterBar>
        <ChoiceFilter label="State" value={state} options={[{ value: "open", label: "Open" }, { value: "resolved", label: "Resolved" }, { value: "all", label: "All" }]} onChange={(next) => setView({ state: next })} />
        <TextFilter label="Filter by text" value={view.q} onChange={(next) => setView({ q: next })} />
      </FilterBar>
      <Answer of={answer}>
        {() =>
          rows.length === 0 ? (
            <Empty title={state === "open" ? "Nothing needs you" : "No alert is like this"}>
              <p>An alert says what is wrong, why, and what to do. It ends by itself when what it says is not so any more.</p>
            </Empty>
          ) : (
            <ul className="list">
              {rows.map((alert) => (
                <li key={alert.id}>
                  <One alert={alert} />
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
    </Page>
  );
}

function One({ alert }: { alert: AlertShown }) {
  const { severity, summary, advice, model, owner, raised_at, resolved_at, evidence } = alert;
  return (
    <div className="card">
      <div className="row">
        <StateWord state={resolved_at ? "ok" : severity === "critical" ? "failing" : "attention"}>{resolved_at ? "resolved" : severity}</StateWord>
        <strong style={{ overflowWrap: "anywhere" }}>{summary}</strong>
      </div>
      <p className="prose" style={{ margin: "6px 0" }}>{advice}</p>
      <div className="small muted">
        {model ? <PageLink href={path`/models/${model}`}>{model}</PageLink> : "the installation"}, owner <Person actor={owner} />, raised <Moment time={raised_at} />
        {resolved_at && <>, resolved <Moment time={resolved_at} /></>}
      </div>
      {Object.keys(evidence).length > 0 && (
        <details style={{ marginTop: 6 }}>
          <summary className="small">Evidence</summary>
          <Code text={JSON.stringify(evidence, null, 2)} />
        </details>
      )}
    </div>
  );
}
