/** How good a model's predictions were, as far as their labels have arrived. */
import { Badge, SegmentedControl, Select, Skeleton } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useMemo } from "react";

import { $api } from "~/api/client";
import { useMay } from "~/api/permissions";
import type { EstimateView, ModelDetail, QualityView } from "~/api/schema";
import { figure } from "~/parts/figures";
import { ChoiceFilter, FilterBar } from "~/parts/filters";
import { Card } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { DataTable, type Column } from "~/parts/table";
import { useView } from "~/parts/view";
import { seconds, share, SPANS } from "../monitoring/series";
import { Estimates } from "./estimates";
import { coverage, interval, lowerName, matrix, measured, measureName, over } from "./measures";
import { OwnMetrics } from "./metrics";
import { HowToSend, UploadLabels } from "./sending";
import { SetValue } from "./value";

const Chart = lazy(() => import("~/parts/chart").then((found) => ({ default: found.Chart })));
const EVERY_MS = 60_000;
const MOST_CLASSES = 20;

export function QualityTab({ model }: { model: ModelDetail }) {
  const [view, setView] = useView({ span: "28d", version: "", measure: "" });
  const may = useMay();
  const span = SPANS.some(({ value }) => value === view.span) ? view.span : "28d";
  const reference = view.version ? `${model.name}:${view.version}` : model.name;
  const answer = $api.useQuery(
    "get",
    "/api/v1/models/{ref}/quality",
    { params: { path: { ref: reference }, query: { since: span } } },
    { placeholderData: keepPreviousData, refetchInterval: EVERY_MS },
  );
  const maySend = may("labels.write", { model: model.name, project: model.project });
  return (
    <div className="stack">
      <FilterBar>
        <SegmentedControl size="xs" aria-label="Over" data={SPANS} value={span} onChange={(next) => setView({ span: next })} />
        {model.versions.length > 1 && (
          <ChoiceFilter label="Version" value={view.version} all="All versions" options={model.versions.map(({ version }) => ({ value: String(version), label: `Version ${version}` }))} onChange={(version) => setView({ version })} />
        )}
        {maySend && <UploadLabels model={model.name} />}
      </FilterBar>
      <Answer of={answer} lines={12}>
        {(found) => (
          <>
            <Coverage of={found} acts={may("model.release", { model: model.name, project: model.project }) && <SetValue of={found} project={model.project} />} />
            {found.labels.labels === 0 && <HowToSend model={model.name} />}
            <Estimates of={found} />
            {found.measured.metrics.length > 0 && <Measures of={found} chosen={view.measure} choose={(measure) => setView({ measure })} />}
            {found.confusion.length > 0 && <Confusion of={found} />}
            <Parts of={found} />
            {found.calibration.length > 0 && <Calibration of={found} />}
            <OwnMetrics model={model} />
          </>
        )}
      </Answer>
    </div>
  );
}

function Coverage({ of, acts }: { of: QualityView; acts: ReactNode }) {
  return (
    <section className="card" aria-label="Labels">
      <p style={{ margin: 0, fontSize: 16, fontWeight: 600 }}>{coverage(of.measured)}</p>
      {of.measured.worth !== null && of.value && (
        <p className="prose" style={{ margin: "4px 0 0" }}>
          Those with a label are worth {figure(of.measured.worth)} {of.value.unit} together.
        </p>
      )}
      {of.notes.map((note) => (
        <p key={note} className="prose" style={{ margin: "4px 0 0" }}>
          {note}
        </p>
      ))}
      {acts && <div style={{ marginTop: 8 }}>{acts}</div>}
    </section>
  );
}

function Measures({ of, chosen, choose }: { of: QualityView; chosen: string; choose: (measure: string) => void }) {
  const names = of.measured.metrics.map(({ name }) => name);
  const name = names.includes(chosen) ? chosen : names[0]!;
  const { at, lines } = useMemo(() => {
    const found = over(of.steps, name);
    const line = (label: string, value: (place: number) => number | null | undefined) => ({ label, values: found.map((_, place) => value(place) ?? null) });
    const values = [line(measureName(name), (place) => found[place]?.value)];
    if (found.some((each) => each && each.low !== null)) values.push(line("lower end (95 %)", (place) => found[place]?.low), line("upper end (95 %)", (place) => found[place]?.high));
    return { at: of.steps.map(({ start }) => seconds(start)), lines: values };
  }, [of.steps, name]);
  return (
    <Card title="Measures" aside={<Select size="xs" aria-label="Measure over time" data={names.map((value) => ({ value, label: measureName(value) }))} value={name} onChange={(value) => value && choose(value)} allowDeselect={false} />}>
      <div className="columns">
        <div className="table-frame" tabIndex={0} role="region" aria-label="Measures">
          <table className="table" aria-label="Measures">
            <thead>
              <tr>
                <th scope="col">Measure</th>
                <th scope="col" className="end">
                  Value
                </th>
                <th scope="col">95 % interval</th>
              </tr>
            </thead>
            <tbody>
              {of.measured.metrics.map((metric) => (
                <tr key={metric.name}>
                  <td>{measureName(metric.name)}</td>
                  <td className="end">{measured(metric.name, metric.value)}</td>
                  <td className="muted">{interval(metric) || "–"}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <Suspense fallback={<Skeleton height={260} />}>
          <Chart title={`${measureName(name)} by ${of.by} (UTC)`} at={at} lines={lines} height={200} />
        </Suspense>
      </div>
    </Card>
  );
}

function Confusion({ of }: { of: QualityView }) {
  const { names, cell } = useMemo(() => matrix(of), [of]);
  const shown = names.slice(0, MOST_CLASSES);
  const recall = new Map(of.classes.map((each) => [each.name, each.rows]));
  return (
    <Card title="Truths and answers" aside={<span className="small muted">Rows are truths, columns are answers{names.length > shown.length && `; the ${shown.length} most frequent of ${names.length} classes`}.</span>}>
      <div className="table-frame" tabIndex={0} role="region" aria-label="Truths and answers">
        <table className="table" aria-label="Truths and answers">
          <thead>
            <tr>
              <th scope="col">Truth</th>
              {shown.map((answer) => (
                <th key={answer} scope="col" className="end">
                  {answer}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((truth) => (
              <tr key={truth}>
                <th scope="row">{truth}</th>
                {shown.map((answer) => {
                  const rows = cell(truth, answer);
                  const part = rows / Math.max(1, recall.get(truth) ?? 0);
                  const color = truth === answer ? "var(--mantine-color-green-6)" : "var(--mantine-color-red-6)";
                  return (
                    <td key={answer} className="end" title={`${share(part)} of ${truth}`} style={{ background: rows ? `color-mix(in srgb, ${color} ${Math.round(5 + part * 20)}%, transparent)` : undefined }}>
                      {figure(rows)}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

interface Part {
  name: string;
  measured: QualityView["measured"];
  estimate: EstimateView | null;
}

function Parts({ of }: { of: QualityView }) {
  const parts: Part[] = [
    ...(of.versions.length > 1 ? of.versions.map(({ version, measured: found }) => ({ name: `Version ${version}`, measured: found, estimate: null })) : []),
    ...of.slices.map(({ column, value, measured: found, estimate }) => ({ name: `${column} = ${value}`, measured: found, estimate })),
  ];
  const estimated = parts.find(({ estimate }) => estimate)?.estimate;
  if (parts.length === 0 || (of.measured.labelled === 0 && !estimated)) return null;
  const first = of.measured.metrics[0]?.name ?? "";
  const columns: Column<Part>[] = [
    { name: "part", header: "Part", cell: ({ name }) => name },
    { name: "rows", header: "Predictions", align: "end", cell: ({ measured: { rows } }) => figure(rows) },
    { name: "labelled", header: "With a label", align: "end", cell: ({ measured: { labelled } }) => figure(labelled) },
    { name: "value", header: measureName(first), align: "end", cell: ({ measured: { metrics } }) => (metrics[0] ? measured(metrics[0].name, metrics[0].value) : "–") },
    { name: "interval", header: "95 % interval", cell: ({ measured: { metrics } }) => (metrics[0] && interval(metrics[0])) || "–" },
  ];
  if (estimated) {
    columns.push({
      name: "estimate",
      header: `Estimated ${lowerName(estimated.name)}, without labels`,
      align: "end",
      cell: ({ estimate }) => (estimate ? <span title={`Of ${figure(estimate.rows)} predictions, none of whose labels was used.`}>{measured(estimate.name, estimate.value)} <span className="muted">({interval(estimate)})</span> <Badge variant="outline">estimate</Badge></span> : "–"),
    });
  }
  if (of.value) columns.push({ name: "worth", header: `Worth (${of.value.unit})`, align: "end", cell: ({ measured: { worth } }) => (worth === null ? "–" : figure(worth)) });
  return (
    <Card title="By version and slice">
      <DataTable label="By version and slice" noun={["part", "parts"]} rows={parts} columns={columns} keyOf={({ name }) => name} height="min(50vh, 480px)" />
    </Card>
  );
}

function Calibration({ of }: { of: QualityView }) {
  return (
    <Card title="Calibration" aside={<span className="small muted">Of answers with about the same probability, the share that is right.</span>}>
      <div className="table-frame" tabIndex={0} role="region" aria-label="Calibration">
        <table className="table" aria-label="Calibration">
          <thead>
            <tr>
              <th scope="col">Mean probability</th>
              <th scope="col">Right</th>
              <th scope="col" className="end">
                Predictions
              </th>
            </tr>
          </thead>
          <tbody>
            {of.calibration.map(({ rows, probability, right }) => (
              <tr key={probability}>
                <td>{share(probability)}</td>
                <td>{share(right)}</td>
                <td className="end">{figure(rows)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
