/** Where a drift comes from: columns by their part in it, and of the chosen one its bins, slices and times. */
import { Anchor, Skeleton } from "@mantine/core";
import { lazy, Suspense, useMemo } from "react";

import { $api } from "~/api/client";
import type { ColumnDiagnosisView, DriftDiagnosisView } from "~/api/schema";
import { figure } from "~/parts/figures";
import { Card } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { seconds, share, THRESHOLD } from "../monitoring/series";
import { asked, type DiagnosisView, type useDiagnosisView } from "./asking";
import { Changes, Sentences } from "./changes";
import { SlicesCard } from "./slices";
import { marksOf, part, plainName } from "./words";

const Chart = lazy(() => import("~/parts/chart").then((found) => ({ default: found.Chart })));
const MOST_COLUMNS = 30;
const HEIGHT = 160;

interface Props {
  reference: string;
  of: DriftDiagnosisView;
  view: DiagnosisView;
  setView: ReturnType<typeof useDiagnosisView>[1];
}

export function DriftFound({ reference, of, view, setView }: Props) {
  const names = of.columns.map(({ column }) => column);
  const chosen = [view.column, of.asked.column].find((name) => names.includes(name)) ?? names[0];
  if (chosen === undefined) {
    return (
      <>
        <Empty title="Nothing can be compared">
          {of.words.map((sentence) => <p key={sentence}>{sentence}</p>)}
        </Empty>
        <Changes of={of.changes} since={of.asked.since} />
      </>
    );
  }
  return (
    <div className="stack">
      <Sentences of={of.words} />
      <div className="columns">
        <Ranking of={of} chosen={chosen} choose={(column) => setView({ column, slice: "", bin: "", part: "", step: "" }, { replace: false })} />
        <Changes of={of.changes} since={of.asked.since} />
      </div>
      <OneColumn reference={reference} of={of} column={chosen} view={view} setView={setView} />
    </div>
  );
}

function Ranking({ of, chosen, choose }: { of: DriftDiagnosisView; chosen: string; choose: (column: string) => void }) {
  return (
    <Card title="Columns by their part" aside={<span className="small muted">{figure(of.rows)} rows</span>}>
      <table className="bars" aria-label="Columns by their part in the drift">
        <tbody>
          {of.columns.slice(0, MOST_COLUMNS).map((each) => (
            <tr key={each.column}>
              <th scope="row" title={each.say}>
                <Anchor component="button" type="button" inherit aria-current={each.column === chosen ? "true" : undefined} onClick={() => choose(each.column)} fw={each.column === chosen ? 600 : undefined}>
                  {each.name}
                </Anchor>{" "}
                {each.side === "output" && <span className="muted" style={{ display: "inline", background: "none" }}>(output)</span>}
              </th>
              <td title={each.say}>
                <span style={{ width: `${each.share * 100}%`, background: each.drifted ? "var(--failing)" : "var(--mantine-color-dimmed)" }} />
              </td>
              <td className="end" style={{ whiteSpace: "nowrap" }} title={`distance ${each.distance}`}>{share(each.share)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="small muted" style={{ margin: "8px 0 0" }}>
        The share of the sum of all columns' divergences. Red: far, and more than chance.
        {of.columns.length > MOST_COLUMNS && ` The first ${MOST_COLUMNS} of ${of.columns.length}.`}
      </p>
    </Card>
  );
}

function OneColumn({ reference, of, column, view, setView }: Props & { column: string }) {
  const query = { ...asked(view), column, slice: view.slice ? [view.slice] : undefined };
  const answer = $api.useQuery("get", "/api/v1/models/{ref}/diagnosis/column", { params: { path: { ref: reference }, query } });
  const ranked = of.columns.find((each) => each.column === column)!;
  const line = useMemo(
    () => ({ at: ranked.distances.map(({ start }) => seconds(start)), lines: [{ label: "distance", values: ranked.distances.map(({ distance }) => distance) }, { label: "threshold", values: ranked.distances.map(() => THRESHOLD) }] }),
    [ranked],
  );
  const marks = useMemo(() => marksOf(of.changes), [of.changes]);
  return (
    <>
      <Card title={`${ranked.name} over time`} aside={<StateWord state={ranked.drifted ? "attention" : "ok"}>{ranked.drifted ? "far from what it is held against" : "not far"}</StateWord>}>
        {line.lines[0]!.values.some((value) => value !== null) ? (
          <Suspense fallback={<Skeleton height={HEIGHT + 40} />}>
            <Chart title={`Distance of ${ranked.name} from the version's reference, with what was changed`} at={line.at} lines={line.lines} marks={marks} height={HEIGHT} />
          </Suspense>
        ) : (
          <p className="muted" style={{ margin: 0 }}>Its distance by hour is known once the version has a reference (its training data, or its first 1,000 requests) and its records are counted, within the hour.</p>
        )}
      </Card>
      <Answer of={answer} lines={10}>
        {(found) => (
          <>
            <Card title={`${ranked.name}: before and now`}>
              <Sentences of={found.words} bare />
              <Bins of={found} choose={(bin) => setView({ bin, column, rows: true }, { replace: false })} />
              {found.notes.map((note) => <p key={note} className="small muted" style={{ margin: "8px 0 0" }}>{note}</p>)}
            </Card>
            <SlicesCard
              title={`Which rows the drift of ${ranked.name} comes from`}
              choices={of.slices.filter((name) => name !== column).map((name) => ({ value: name, label: plainName(name) }))}
              chosen={view.slice}
              choose={(slice) => setView({ slice })}
              steps={found.steps.map(({ start }) => start)}
              columns={found.slices.map((each) => ({ name: each.name, parts: each.parts.map((one) => ({ value: one.value, rows: one.rows, rowShare: one.share_of_rows, share: one.share, cells: one.steps, words: part(one.share) })) }))}
              show={(name, value, step) => setView({ part: `${name}=${value}`, step, column, rows: true }, { replace: false })}
            />
          </>
        )}
      </Answer>
    </>
  );
}

/** Two bars a bin, and its part in the drift; a click lists its rows. */
function Bins({ of, choose }: { of: ColumnDiagnosisView; choose: (bin: string) => void }) {
  const bins = of.bins.filter(({ before, now }) => before > 0 || now > 0);
  const widest = Math.max(...bins.flatMap(({ before, now }) => [before, now]), Number.EPSILON);
  return (
    <>
      <p className="small muted" style={{ margin: "0 0 8px" }}>The upper bar of each is the share of {of.against}, the lower one that of this time. The last column is its part in the drift.</p>
      <table className="bars" aria-label="Bins before and now">
        <tbody>
          {bins.map(({ label, before, now, rows, share: own }) => (
            <tr key={label}>
              <th scope="row" title={label}>
                {of.rows > 0 && rows > 0 ? (
                  <Anchor component="button" type="button" inherit onClick={() => choose(label)}>{label || "(empty)"}</Anchor>
                ) : (
                  label || "(empty)"
                )}
              </th>
              <td>
                <span style={{ width: `${(before / widest) * 100}%`, height: 7, background: "var(--mantine-color-dimmed)", minWidth: before > 0 ? 2 : 0 }} />
                <span style={{ width: `${(now / widest) * 100}%`, height: 7, marginTop: 1, minWidth: now > 0 ? 2 : 0 }} />
              </td>
              <td className="end" style={{ whiteSpace: "nowrap" }}>{`${share(before)} → ${share(now)}`}</td>
              <td className="end" style={{ whiteSpace: "nowrap" }}><strong>{share(own)}</strong></td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
