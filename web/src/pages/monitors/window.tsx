/** One window: its columns, the worst first, and one of them before and after. */
import { Anchor } from "@mantine/core";

import { $api } from "~/api/client";
import type { ColumnComparisonView, MeasuredView, MonitorResultView, MonitorView } from "~/api/schema";
import { figure } from "~/parts/figures";
import { exactTime } from "~/parts/moment";
import { Card } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { HAS_COLUMNS, resultState, valueWords } from "./words";

const MOST_SHOWN = 30;

interface Props {
  monitor: MonitorView;
  result: MonitorResultView;
  column: string;
  choose: (column: string) => void;
}

export function WindowFound({ monitor, result, column, choose }: Props) {
  const [state, word] = resultState(result);
  const hasColumns = HAS_COLUMNS.includes(monitor.kind) && result.version !== null;
  const names = [...new Set(result.columns.map((each) => each.column))];
  const chosen = names.includes(column) ? column : hasColumns ? names[0] : undefined;
  const measured = result.columns.slice(0, MOST_SHOWN);
  return (
    <Card title={`From ${exactTime(result.since)} to ${exactTime(result.until)}`} aside={<StateWord state={state}>{word}</StateWord>}>
      <p style={{ marginTop: 0 }}>
        {result.reason || `${figure(result.rows)} ${monitor.kind === "volume" || monitor.kind === "errors" ? "requests" : "rows"}${result.version === null ? "" : ` of version ${result.version}`}${result.reference ? `, held against ${result.reference}` : ""}.`}
        {!result.complete && " The window is not over, or its last records are not counted yet: it is judged again as it fills."}
      </p>
      {measured.length > 0 && (
        <table className="bars" aria-label="Measures, the worst first">
          <tbody>
            {measured.map((each) => (
              <tr key={`${each.column} ${each.measure}`}>
                <th scope="row" title={each.column}>
                  {hasColumns ? (
                    <Anchor component="button" type="button" inherit aria-current={each.column === chosen ? "true" : undefined} onClick={() => choose(each.column)}>
                      {each.column}
                    </Anchor>
                  ) : (
                    each.column
                  )}
                  {each.measure !== "jensen_shannon" && <span className="muted"> {each.measure.replaceAll("_", " ")}</span>}
                </th>
                <td>
                  <span style={{ width: `${widthOf(each, measured)}%`, background: each.bad ? "var(--mantine-color-red-filled)" : undefined }} />
                </td>
                <td className="end" title={`The threshold is ${each.threshold}`}>
                  {valueWords(monitor.kind, each.value)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {result.columns.length > MOST_SHOWN && <p className="small muted">These are the worst {MOST_SHOWN} of {result.columns.length}.</p>}
      {result.columns.filter(({ bad }) => bad).map(({ column: name, measure, say }) => <p key={`${name} ${measure}`} style={{ margin: "8px 0 0" }}><strong>{name}</strong> {say}</p>)}
      {hasColumns && chosen && result.version !== null && <BeforeAfter monitor={monitor} result={result} version={result.version} column={chosen} />}
    </Card>
  );
}

function widthOf(each: MeasuredView, all: MeasuredView[]): number {
  const greatest = Math.max(...all.map(({ value, threshold }) => Math.max(value, threshold)), 1e-9);
  return Math.max(0.5, (each.value / greatest) * 100);
}

function BeforeAfter({ monitor, result, version, column }: { monitor: MonitorView; result: MonitorResultView; version: number; column: string }) {
  const answer = $api.useQuery("get", "/api/v1/models/{name}/monitors/{monitor}/comparison", {
    params: { path: { name: monitor.model, monitor: monitor.name }, query: { column, since: result.since, version } },
  });
  return (
    <section aria-label={`${column} before and after`} style={{ marginTop: 20 }}>
      <h3 style={{ margin: "0 0 4px", fontSize: 14 }}>{column}: before and after</h3>
      <Answer of={answer}>{(found) => <Bins found={found} />}</Answer>
    </section>
  );
}

function Bins({ found }: { found: ColumnComparisonView }) {
  return (
    <>
      <p className="small muted" style={{ margin: "0 0 8px" }}>
        {found.say}. The upper bar of each is the share of {found.against}, the lower one that of this window.
      </p>
      {found.parts.map((part) => {
        const greatest = Math.max(...part.reference, ...part.window, 1e-9);
        return (
          <table key={part.name} className="bars" aria-label={part.name || "Values"}>
            {part.name && <caption className="small muted" style={{ textAlign: "left" }}>{part.name}</caption>}
            <tbody>
              {part.labels.map((label, place) => {
                const before = part.reference[place] ?? 0;
                const after = part.window[place] ?? 0;
                if (before === 0 && after === 0) return null;
                return (
                  <tr key={label}>
                    <th scope="row" title={label}>{label}</th>
                    <td>
                      <span style={{ width: `${(before / greatest) * 100}%`, height: 7, background: "var(--mantine-color-dimmed)" }} />
                      <span style={{ width: `${(after / greatest) * 100}%`, height: 7, marginTop: 1 }} />
                    </td>
                    <td className="end">{`${figure(before * 100)} → ${figure(after * 100)} %`}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        );
      })}
    </>
  );
}
