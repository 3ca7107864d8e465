/** The columns of a model: what they are like now and in the reference, those that drifted the farthest first. */
import { UnstyledButton } from "@mantine/core";
import { useMemo } from "react";

import type { ColumnStateView, DashboardView } from "~/api/schema";
import { Figure, figure } from "~/parts/figures";
import { Card } from "~/parts/page";
import { StateWord } from "~/parts/state";
import { DataTable, type Column } from "~/parts/table";
import { along, driftWord, rangeWords, share, stepsOf } from "./series";
import { Spark } from "./spark";

const LOW = "min(50vh, 480px)";
const GAPS: Column<ColumnStateView> = { name: "gaps", header: "Gaps", align: "end", cell: ({ now }) => (now.gaps ? share(now.gaps / now.rows) : "–") };

export function ColumnTable({ of, choose }: { of: DashboardView; choose: (column: string) => void }) {
  const at = useMemo(() => stepsOf(of), [of]);
  const columns: Column<ColumnStateView>[] = [
    {
      name: "column",
      header: "Column",
      cell: ({ column, name, side }) => (
        <UnstyledButton onClick={() => choose(column)} style={{ color: "var(--mantine-color-anchor)" }}>
          {name} {side === "output" && <span className="muted">(output)</span>}
        </UnstyledButton>
      ),
    },
    {
      name: "state",
      header: "State",
      cell: (column) => {
        const [state, word] = driftWord(column);
        return <StateWord state={state}>{word}</StateWord>;
      },
    },
    { name: "distance", header: "Distance", align: "end", cell: ({ drift }) => <Figure value={drift?.distance} /> },
    { name: "spark", header: "Over time", cell: ({ name, steps }) => <Spark of={along(at, steps, (step) => step.distance, null)} label={`Distance of ${name} over time`} /> },
    { name: "now", header: "Now", cell: ({ now }) => <span title={rangeWords(now)}>{rangeWords(now)}</span> },
    { name: "before", header: referenceWord(of), cell: ({ before }) => (before ? <span title={rangeWords(before)}>{rangeWords(before)}</span> : <span className="muted">–</span>) },
    ...(of.columns.some(({ now }) => now.gaps > 0) ? [GAPS] : []),
  ];
  return (
    <Card title="Inputs and outputs" aside={<span className="small muted">{held(of)}</span>}>
      <DataTable label="Inputs and outputs" noun={["column", "columns"]} rows={of.columns} columns={columns} keyOf={({ column }) => column} height={LOW} />
    </Card>
  );
}

function referenceWord({ reference }: DashboardView): string {
  return reference.kind === "baseline" ? "In training" : reference.kind === "first_requests" ? "At first" : "Before";
}

function held({ reference }: DashboardView): string {
  if (reference.kind === "baseline") {
    const outputs = reference.first_requests < reference.first_wanted ? `outputs from the first ${figure(reference.first_wanted)} requests on, of which there are ${figure(reference.first_requests)}` : "outputs against the first requests";
    return `Held against the training data (${figure(reference.rows)} rows); ${outputs}.`;
  }
  if (reference.kind === "first_requests") return `Held against the first requests (${figure(reference.rows)} rows).`;
  return `${figure(reference.first_requests)} of the first ${figure(reference.first_wanted)} requests, which become the reference.`;
}
