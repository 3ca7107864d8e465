/** What was used within a month, by whom and for what, and what it cost. */
import { Button } from "@mantine/core";
import { useMemo } from "react";

import { $api } from "~/api/client";
import { useProject } from "~/app/project";
import { Chart } from "~/parts/chart";
import { ChoiceFilter, FilterBar } from "~/parts/filters";
import { PageLink } from "~/parts/link";
import { Card, Page } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { DataTable, type Column } from "~/parts/table";
import { useView } from "~/parts/view";
import { WasteCard } from "./waste";
import { amount, hours, lastMonths, money, nameOf, pageOf, series, GROUPINGS, type Grouping, type UsageLine } from "./amounts";

const WORDS: Record<Grouping, string> = { project: "By project", person: "By person", model: "By model", version: "By version", key: "By key", job: "By job", tier: "By tier", what: "By kind of use" };
const HEADERS: Record<Grouping, string> = { project: "Project", person: "Person", model: "Model", version: "Version", key: "Key", job: "Job", tier: "Tier", what: "Kind of use" };

function columnsOf(header: string, currency: string, by?: Grouping): Column<UsageLine>[] {
  return [
    { name: "name", header, cell: (line) => <Of line={line} by={by} /> },
    { name: "cost", header: `Cost (${currency})`, align: "end", cell: ({ amounts }) => <span title={String(amounts.cost)}>{money(amounts.cost, "")}</span> },
    { name: "held", header: "Held (h)", align: "end", cell: ({ amounts }) => hours(amounts.held_seconds) },
    { name: "cpu", header: "CPU (h)", align: "end", cell: ({ amounts }) => hours(amounts.cpu_seconds) },
    { name: "memory", header: "Memory (GiB h)", align: "end", cell: ({ amounts }) => hours(amounts.memory_gib_seconds) },
    { name: "gpu", header: "GPU (h)", align: "end", cell: ({ amounts }) => hours(amounts.gpu_seconds) },
    { name: "disk", header: "Disk (GiB h)", align: "end", cell: ({ amounts }) => amount(amounts.disk_gib_hours) },
    { name: "predictions", header: "Predictions", align: "end", cell: ({ amounts }) => amount(amounts.predictions) },
  ];
}

/** What a line is of, with the way to its page where it has one. */
function Of({ line, by }: { line: UsageLine; by?: Grouping }) {
  const href = by && pageOf(by, line.name);
  if (!line.name) return <span className="muted">{line.what}</span>;
  return href ? <PageLink href={href}>{nameOf(line)}</PageLink> : <>{nameOf(line)}</>;
}

export function UsagePage() {
  const months = useMemo(() => lastMonths(new Date()), []);
  const [view, setView] = useView({ by: "project", month: "", project: "" });
  const [chosen] = useProject();
  const by = (GROUPINGS as readonly string[]).includes(view.by) ? (view.by as Grouping) : "project";
  const project = view.project || chosen || undefined;
  const query = { by, month: view.month || undefined, project };
  const answer = $api.useQuery("get", "/api/v1/usage", { params: { query } });
  const days = $api.useQuery("get", "/api/v1/usage/days", { params: { query } });
  const drawn = useMemo(() => series(days.data?.days ?? []), [days.data]);
  const found = answer.data;
  const asked = new URLSearchParams(Object.entries(query).filter((pair): pair is [string, string] => Boolean(pair[1])));
  const of = project ? `The project ${project}` : "Everything";
  return (
    <Page
      title="Usage"
      says={found && `${of} cost ${money(found.billed_total.cost, found.currency)} in ${found.month}, ${hours(found.total.cpu_seconds)} hours of CPU.`}
      actions={
        <Button component="a" variant="default" download href={`/api/v1/usage/csv?${asked}`}>
          Download CSV
        </Button>
      }
    >
      <FilterBar>
        <ChoiceFilter label="Month" value={view.month || months[0]!} options={view.month && !months.includes(view.month) ? [view.month, ...months] : months} onChange={(month) => setView({ month: month === months[0] ? "" : month })} />
        <ChoiceFilter label="A line for each" value={by} options={GROUPINGS.map((value) => ({ value, label: WORDS[value] }))} onChange={(value) => setView({ by: value })} />
      </FilterBar>
      <Answer of={answer}>
        {(report) =>
          report.billed.length === 0 && report.unbilled.length === 0 ? (
            <Empty title={`Nothing was used in ${report.month}`}>
              <p>What models, jobs and files use of the machine is shown here, with its cost: set prices by `unshelf tiers price` and `unshelf usage prices`.</p>
            </Empty>
          ) : (
            <div className="stack">
              {drawn.at.length > 1 && (
                <Card title="Day by day">
                  <Chart title="Cost a day" unit={report.currency} at={drawn.at} lines={drawn.lines} />
                </Card>
              )}
              <DataTable label="Billed" noun={["line", "lines"]} rows={report.billed} columns={columnsOf(HEADERS[by], report.currency, by)} keyOf={(line) => `${line.name} ${line.what}`} />
              <WasteCard month={view.month || undefined} project={project} />
              {report.unbilled.length > 0 && (
                <section className="stack" aria-label="Not billed">
                  <h2 style={{ margin: 0, fontSize: 16 }}>Nobody is billed for this: {money(report.total.cost - report.billed_total.cost, report.currency)}</h2>
                  <DataTable label="Not billed" noun={["line", "lines"]} rows={report.unbilled} columns={columnsOf("Kind of use", report.currency)} keyOf={nameOf} />
                </section>
              )}
            </div>
          )
        }
      </Answer>
    </Page>
  );
}
