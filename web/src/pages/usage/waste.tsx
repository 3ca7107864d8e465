/** Waste: what was paid for within the month and brought nothing, with what to do. */
import { $api } from "~/api/client";
import { Card } from "~/parts/page";
import { DataTable } from "~/parts/table";
import { hours, money } from "./amounts";

export function WasteCard({ month, project }: { month?: string; project?: string }) {
  const answer = $api.useQuery("get", "/api/v1/usage/waste", { params: { query: { month, project } } });
  if (!answer.data || answer.data.findings.length === 0) return null;
  const { findings, currency } = answer.data;
  return (
    <Card title="Idle and waste">
      <DataTable
        label="Waste"
        noun={["finding", "findings"]}
        rows={findings}
        keyOf={({ kind, subject, project: of }) => `${kind} ${of} ${subject}`}
        columns={[
          { name: "subject", header: "Of", cell: ({ subject }) => subject },
          { name: "kind", header: "Waste", cell: ({ kind }) => kind },
          { name: "cost", header: `Cost (${currency})`, align: "end", cell: ({ amounts }) => money(amounts.cost, "") },
          { name: "held", header: "Held (h)", align: "end", cell: ({ amounts }) => hours(amounts.held_seconds) },
          { name: "advice", header: "Advice", cell: ({ advice }) => advice },
        ]}
      />
    </Card>
  );
}
