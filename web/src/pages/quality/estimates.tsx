/** Quality as it is estimated before labels arrive, and how earlier estimates turned out. */
import { Badge, Skeleton } from "@mantine/core";
import { lazy, Suspense, useMemo } from "react";

import type { QualityView } from "~/api/schema";
import { figure } from "~/parts/figures";
import { Card } from "~/parts/page";
import { seconds } from "../monitoring/series";
import { errorOf, interval, lowerName, measured, measureName, stepName, turnedOut } from "./measures";

const Chart = lazy(() => import("~/parts/chart").then((found) => ({ default: found.Chart })));
const MOST_ROWS = 60;

export function Estimates({ of }: { of: QualityView }) {
  const { total, missing } = of.estimated;
  const last = of.steps.filter(({ estimate }) => estimate !== null).at(-1);
  if (total === null || last === undefined) {
    if (!missing || of.measured.rows === 0) return null;
    return (
      <Card title="Estimated without labels">
        <p className="prose" style={{ margin: 0 }}>
          {missing}
        </p>
      </Card>
    );
  }
  return (
    <Card title="Estimated without labels" aside={<Badge variant="outline">estimate</Badge>}>
      <p style={{ margin: 0, fontSize: 16, fontWeight: 600 }}>
        {measureName(total.name)} was probably {measured(total.name, last.estimate!.value)} ({interval(last.estimate!)}) in the latest {of.by}.
      </p>
      <p className="prose" style={{ margin: "4px 0 12px" }}>
        Over the whole time {measured(total.name, total.value)}. No label of these {figure(total.rows)} predictions was used, but those of up to {figure(total.labelled)} before them. {turnedOut(of.estimated)}
      </p>
      <Turns of={of} />
    </Card>
  );
}

function Turns({ of }: { of: QualityView }) {
  const name = of.estimated.total!.name;
  const steps = useMemo(() => of.steps.filter(({ estimate }) => estimate !== null), [of.steps]);
  const lines = useMemo(() => {
    const line = (label: string, value: (estimate: NonNullable<(typeof steps)[number]["estimate"]>) => number | null) => ({ label, values: steps.map(({ estimate }) => value(estimate!)) });
    return [line("estimated", ({ value }) => value), line("lower end (95 %)", ({ low }) => low), line("upper end (95 %)", ({ high }) => high), line("by labels since", ({ held }) => held?.truth ?? null)];
  }, [steps]);
  const at = useMemo(() => steps.map(({ start }) => seconds(start)), [steps]);
  const shown = steps.slice(-MOST_ROWS).reverse();
  return (
    <div className="stack">
      <Suspense fallback={<Skeleton height={260} />}>
        <Chart title={`Estimated ${lowerName(name)} by ${of.by} (UTC)`} at={at} lines={lines} height={200} />
      </Suspense>
      <div className="table-frame" tabIndex={0} role="region" aria-label="Estimates" style={{ maxHeight: 280 }}>
        <table className="table" aria-label="Estimates">
          <thead>
            <tr>
              <th scope="col">From (UTC)</th>
              <th scope="col" className="end">
                Estimated
              </th>
              <th scope="col">95 % interval</th>
              <th scope="col" className="end">
                By labels since
              </th>
              <th scope="col" className="end">
                Off by
              </th>
              <th scope="col">Inside</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ start, estimate }) => (
              <tr key={start}>
                <td>{stepName(start, of.by)}</td>
                <td className="end">{measured(name, estimate!.value)}</td>
                <td className="muted">{interval(estimate!)}</td>
                <td className="end">{estimate!.held ? measured(name, estimate!.held.truth) : "–"}</td>
                <td className="end">{errorOf(estimate!) || "–"}</td>
                <td>{estimate!.held ? (estimate!.held.is_inside ? "yes" : "no") : "–"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
