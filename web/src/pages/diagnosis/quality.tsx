/** Where a change of quality comes from: slices, times and mistakes. */
import { Skeleton } from "@mantine/core";
import { lazy, Suspense, useMemo } from "react";

import { $api } from "~/api/client";
import type { LossSliceView, QualityDiagnosisView } from "~/api/schema";
import { figure } from "~/parts/figures";
import { Card } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { seconds, share } from "../monitoring/series";
import { asked, type DiagnosisView, type useDiagnosisView } from "./asking";
import { Changes, Sentences } from "./changes";
import { SlicesCard } from "./slices";
import { loss, marksOf, part } from "./words";

const Chart = lazy(() => import("~/parts/chart").then((found) => ({ default: found.Chart })));
const HEIGHT = 160;

interface Props {
  reference: string;
  view: DiagnosisView;
  setView: ReturnType<typeof useDiagnosisView>[1];
}

export function QualityFound({ reference, view, setView }: Props) {
  const { since, alert } = asked(view);
  const answer = $api.useQuery("get", "/api/v1/models/{ref}/diagnosis/quality", { params: { path: { ref: reference }, query: { since, alert } } });
  return (
    <Answer of={answer} lines={10}>
      {(found) =>
        found.measure === "" ? (
          <>
            <Empty title="Quality can't be compared">{found.words.map((sentence) => <p key={sentence}>{sentence}</p>)}</Empty>
            <Changes of={found.changes} since={found.asked.since} />
          </>
        ) : (
          <div className="stack">
            <Sentences of={[...found.words, ...found.notes]} />
            <div className="columns">
              <OverTime of={found} />
              <Changes of={found.changes} since={found.asked.since} />
            </div>
            <SlicesCard
              title="Which rows it comes from"
              choices={[]}
              chosen=""
              choose={() => {}}
              steps={found.steps.map(({ start }) => start)}
              columns={found.slices.map(({ name, parts }) => ({ name, parts: parts.map((one) => rowOf(found, one)) }))}
              show={(name, value, step) => setView({ part: `${name}=${value}`, step, bin: "", rows: true }, { replace: false })}
              cellWords={(value) => loss(found.measure, value)}
            />
            <Mistakes of={found} />
          </div>
        )
      }
    </Answer>
  );
}

function rowOf({ measure, now, before }: QualityDiagnosisView, one: LossSliceView) {
  const grew = (now ?? 0) > (before ?? 0);
  return { value: one.value, rows: one.rows, rowShare: one.share_of_rows, share: one.share, cells: one.steps, words: grew ? part(one.share) : loss(measure, one.now), more: `${loss(measure, one.before)} before, ${loss(measure, one.now)} now` };
}

function OverTime({ of }: { of: QualityDiagnosisView }) {
  const { at, lines, marks } = useMemo(() => {
    const before = of.before ?? 0;
    const total = of.steps.reduce((sum, { rows }) => sum + rows, 0);
    const values = of.steps.map(({ rows, part: above }) => (rows ? before + (above * total) / rows : null));
    const label = of.measure === "mae" ? "mean absolute error" : "share of wrong answers";
    return { at: of.steps.map(({ start }) => seconds(start)), lines: [{ label, values }, { label: "before", values: of.steps.map(() => before) }], marks: marksOf(of.changes) };
  }, [of]);
  return (
    <Card title="Over time" aside={<span className="small muted">{figure(of.labelled)} labelled rows, {figure(of.labelled_before)} before</span>}>
      <Suspense fallback={<Skeleton height={HEIGHT + 40} />}>
        <Chart title={of.measure === "mae" ? "Mean absolute error" : "Share of wrong answers"} at={at} lines={lines} marks={marks} height={HEIGHT} />
      </Suspense>
    </Card>
  );
}

function Mistakes({ of }: { of: QualityDiagnosisView }) {
  if (of.mistakes.length === 0) return null;
  return (
    <Card title="Mistakes that became more frequent">
      <div className="table-frame" tabIndex={0} role="region" aria-label="Mistakes">
        <table className="table" aria-label="Mistakes">
          <thead>
            <tr>
              <th scope="col">Truth</th>
              <th scope="col">Answer</th>
              <th scope="col" className="end">Before</th>
              <th scope="col" className="end">Now</th>
              <th scope="col" className="end">Of the change</th>
            </tr>
          </thead>
          <tbody>
            {of.mistakes.map(({ truth, answer, before, now, share: own }) => (
              <tr key={`${truth} ${answer}`}>
                <td>{truth}</td>
                <td>{answer}</td>
                <td className="end">{share(before)}</td>
                <td className="end">{share(now)}</td>
                <td className="end">{part(own)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
