/** Evidence: which columns, how far, in which window, against what; of watchers that are no monitors, their values. */
import { Button } from "@mantine/core";

import type { AlertShown } from "~/api/schema";
import { useMay } from "~/api/permissions";
import { Code } from "~/parts/copy";
import { Figure, counted } from "~/parts/figures";
import { PageLink, path } from "~/parts/link";
import { Moment, exactTime } from "~/parts/moment";
import { Facts } from "~/parts/page";
import { ofAlert } from "../diagnosis/asking";
import { barOf, columnName, monitorEvidence, predictionsBetween, type ColumnEvidence, type MonitorEvidence } from "./states";

const REFERENCES: Record<string, string> = { baseline: "the training data", first_requests: "its first requests", previous: "the window before" };

export function Evidence({ alert, project }: { alert: AlertShown; project?: string }) {
  const found = monitorEvidence(alert.evidence);
  if (!found) return <Values of={alert.evidence} />;
  return (
    <div className="stack">
      {found.columns.length > 0 && <Columns of={found.columns} monitor={alert.model ? path`/monitors/${alert.model}/${found.monitor}` : null} />}
      <Facts of={factsOf(alert, found)} />
      <Rows alert={alert} project={project} found={found} />
    </div>
  );
}

function Columns({ of, monitor }: { of: ColumnEvidence[]; monitor: string | null }) {
  return (
    <table className="bars" aria-label="Columns, the worst first">
      <thead className="visually-hidden">
        <tr>
          <th scope="col">Column</th>
          <th scope="col">Beside its threshold</th>
          <th scope="col">Value</th>
        </tr>
      </thead>
      <tbody>
        {of.map((each) => {
          const { length, mark } = barOf(each);
          const isBeyond = each.value !== null && each.threshold !== null && Math.abs(each.value) >= Math.abs(each.threshold);
          return (
            <tr key={`${each.column} ${each.measure}`}>
              <th scope="row" title={columnName(each.column)}>
                {monitor && each.column ? (
                  <PageLink href={`${monitor}?column=${encodeURIComponent(each.column)}`} style={{ textDecoration: "underline" }}>
                    {columnName(each.column)}
                  </PageLink>
                ) : (
                  columnName(each.column) || "all"
                )}
              </th>
              <td>
                <div className="threshold-bar" title={each.threshold === null ? undefined : `threshold ${each.threshold}`}>
                  <span style={{ width: `${100 * length}%` }} data-beyond={isBeyond || undefined} />
                  {mark !== null && <i style={{ left: `${100 * mark}%` }} aria-hidden />}
                </div>
                <div className="small muted" style={{ whiteSpace: "normal" }}>{each.say || each.measure.replaceAll("_", " ")}</div>
              </td>
              <td className="end" style={{ verticalAlign: "top" }}>
                <Figure value={each.value} />
                {each.threshold !== null && (
                  <span className="small muted">
                    {" "}
                    / <Figure value={each.threshold} />
                  </span>
                )}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function factsOf(alert: AlertShown, found: MonitorEvidence): [string, React.ReactNode][] {
  const since = typeof alert.evidence["since"] === "string" ? alert.evidence["since"] : alert.raised_at;
  const facts: [string, React.ReactNode][] = [["Since", <Moment key="since" time={since} />]];
  if (found.window) {
    const { since: from, until, rows } = found.window;
    facts.push(["Window", `${exactTime(from)} to ${exactTime(until)}${rows === null ? "" : `, ${counted(rows, "row")}`}`]);
  }
  if (found.reference) facts.push(["Held against", REFERENCES[found.reference] ?? found.reference.replace(/^version:/, "version ")]);
  if (found.version !== null && alert.model) facts.push(["Version", <PageLink key="version" href={path`/models/${`${alert.model}:${found.version}`}`}>{found.version}</PageLink>]);
  if (found.slice.length) facts.push(["Where", found.slice.map(([name, value]) => `${name} is ${value}`).join(", ")]);
  if (alert.model) facts.push(["Monitor", <PageLink key="monitor" href={path`/monitors/${alert.model}/${found.monitor}`}>{found.monitor}</PageLink>]);
  return facts;
}

/** The ways to the reasons and to the predictions behind it. */
function Rows({ alert, project, found }: { alert: AlertShown; project?: string; found: MonitorEvidence }) {
  const may = useMay();
  if (!alert.model || !found.window || !may("records.read", { model: alert.model, project })) return null;
  return (
    <p className="row" style={{ margin: 0 }}>
      <Button component={PageLink} href={ofAlert(alert.model, alert.id)} size="compact-sm" variant="default">Why: columns, slices, times</Button>
      <PageLink href={`${path`/models/${alert.model}/predictions`}?${predictionsBetween(found.window.since, found.window.until)}`}>The predictions of this window</PageLink>
    </p>
  );
}

/** Plain values as facts, and whatever is deeper as it is. */
function Values({ of }: { of: Record<string, unknown> }) {
  const entries = Object.entries(of);
  const plain = entries.filter(([, value]) => ["string", "number", "boolean"].includes(typeof value));
  const deep = entries.filter(([, value]) => typeof value === "object" && value !== null);
  return (
    <div className="stack">
      {plain.length > 0 && <Facts of={plain.map(([name, value]) => [name.replaceAll("_", " "), typeof value === "number" ? <Figure key={name} value={value} /> : String(value)])} />}
      {deep.length > 0 && <Code text={JSON.stringify(Object.fromEntries(deep), null, 2)} />}
    </div>
  );
}
