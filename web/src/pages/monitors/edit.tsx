/** Adding and changing monitors. */
import { Button, Modal } from "@mantine/core";
import { useState } from "react";

import { answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import type { MonitorChangeRequest, MonitorView } from "~/api/schema";
import { path, useGo } from "~/parts/link";
import { SchemaForm, type Field, type Values } from "~/parts/schemaform";
import { HAS_COLUMNS, KIND_WORDS, THRESHOLD_HELP, type Kind } from "./words";

export const CHANGED = ["/api/v1/monitors", "/api/v1/models/{name}/monitors", "/api/v1/alerts"];
const KINDS = Object.keys(KIND_WORDS) as Kind[];

export function AddMonitor({ model, project }: { model: string; project: string }) {
  const [opened, setOpened] = useState(false);
  const may = useMay();
  const go = useGo();
  if (!may("model.deploy", { model, project })) return null;
  return (
    <>
      <Button variant="default" onClick={() => setOpened(true)}>
        Add a monitor
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={`Add a monitor to ${model}`} size="lg" closeButtonProps={{ "aria-label": "Close" }}>
        <SchemaForm
          fields={[
            { kind: "text", name: "name", label: "Name", required: true, placeholder: "income-drift", description: "Small letters, digits and hyphens." },
            { kind: "choice", name: "kind", label: "What it watches", required: true, options: KINDS.map((kind) => ({ value: kind, label: KIND_WORDS[kind] })) },
            ...fieldsFor(undefined),
          ]}
          initial={{ kind: "inputs", window: "day", reference: "baseline", severity: "warning", relative: true, estimated: false }}
          submit="Add the monitor"
          onCancel={() => setOpened(false)}
          onSubmit={async (values) => {
            const body = { ...changeOf(values), name: String(values["name"]), kind: values["kind"] as Kind };
            const added = await answerOf(client.POST("/api/v1/models/{name}/monitors", { params: { path: { name: model } }, body }));
            await askAnew(...CHANGED);
            setOpened(false);
            go(path`/monitors/${model}/${added.name}`);
          }}
        />
      </Modal>
    </>
  );
}

export function ChangeMonitor({ monitor }: { monitor: MonitorView }) {
  const [opened, setOpened] = useState(false);
  const may = useMay();
  if (!may("model.deploy", { model: monitor.model, project: monitor.project })) return null;
  return (
    <>
      <Button variant="default" onClick={() => setOpened(true)}>
        Change
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={`Change ${monitor.name} of ${monitor.model}`} size="lg" closeButtonProps={{ "aria-label": "Close" }}>
        <SchemaForm
          fields={fieldsFor(monitor.kind)}
          initial={{
            window: monitor.window,
            reference: monitor.reference,
            version: monitor.version,
            threshold: monitor.threshold,
            columns: monitor.columns.join("\n"),
            thresholds: Object.entries(monitor.thresholds)
              .map(([column, threshold]) => `${column}=${threshold}`)
              .join("\n"),
            severity: monitor.severity,
            metric: monitor.metric ?? "",
            worse: monitor.worse ?? "",
            slice: monitor.slice ?? "",
            relative: monitor.relative ?? true,
            least_labels: monitor.least_labels,
            estimated: monitor.estimated ?? false,
          }}
          submit="Change the monitor"
          onCancel={() => setOpened(false)}
          onSubmit={async (values) => {
            const body = { ...changeOf({ ...values, kind: monitor.kind }), version: typeof values["version"] === "number" ? values["version"] : 0 };
            await answerOf(client.PATCH("/api/v1/models/{name}/monitors/{monitor}", { params: { path: { name: monitor.model, monitor: monitor.name } }, body }));
            await askAnew(...CHANGED);
            setOpened(false);
          }}
        />
      </Modal>
    </>
  );
}

function fieldsFor(kind: Kind | undefined): Field[] {
  const ofData: Field[] = [
    { kind: "text", name: "reference", label: "Held against", description: "baseline, previous (the window before), version:3, or of a slice slice:region=south." },
    { kind: "long", name: "columns", label: "Columns", description: "One a line; empty: all." },
  ];
  const ofPerformance: Field[] = [
    ...(kind === "performance" ? ofData.slice(0, 1) : []),
    { kind: "text", name: "metric", label: "Measure", description: "Of quality of answers: accuracy, f1, mae and the like, or a metric of the model's own; empty: that of the model's task." },
    { kind: "choice", name: "worse", label: "Values that are worse", options: [{ value: "", label: "as the measure says" }, { value: "below", label: "those below the limit" }, { value: "above", label: "those above the limit" }], description: "Of a metric of the model's own." },
    { kind: "yes", name: "relative", label: "The threshold is a fall from the reference", description: "Of quality of answers; else it is the worst value that is fine." },
    { kind: "number", name: "least_labels", label: "Labelled rows that a window needs", min: 10, description: "Of quality of answers; empty: 100." },
    { kind: "yes", name: "estimated", label: "Judge the estimate until labels come", description: "Of quality of answers. Its alert is marked as an estimate; labels confirm or end it." },
  ];
  const slice: Field = { kind: "text", name: "slice", label: "Slice", placeholder: "region=north", description: "Of drift and of quality of answers: the rows that are watched; empty: all." };
  return [
    { kind: "text", name: "window", label: "Window", required: true, description: "hour, day or week (UTC), or a number of predictions, such as 1000." },
    ...(kind === undefined || HAS_COLUMNS.includes(kind) ? ofData : []),
    { kind: "number", name: "version", label: "Version", min: 1, description: "Empty: those that are live." },
    { kind: "number", name: "threshold", label: "Threshold", description: kind === undefined ? "Empty: as usual for what it watches." : THRESHOLD_HELP[kind] },
    ...(kind === undefined || HAS_SLICES.includes(kind) ? [slice] : []),
    ...(kind === undefined || kind === "performance" ? ofPerformance : []),
    ...(kind === undefined || (kind !== "latency" && kind !== "performance") ? [{ kind: "long", name: "thresholds", label: "Thresholds of columns", description: "One a line, such as income=0.3; of errors, refused=0.2." } satisfies Field] : []),
    { kind: "choice", name: "severity", label: "Severity of its alerts", required: true, options: ["warning", "critical"] },
  ];
}

const WORSE = ["below", "above"] as const;
const HAS_SLICES: Kind[] = ["inputs", "outputs", "performance"];

/** The fields of a form as the API takes them. Exported for its test. */
export function changeOf(values: Values): MonitorChangeRequest {
  const change: MonitorChangeRequest = { window: String(values["window"] ?? "").trim(), severity: values["severity"] as MonitorView["severity"] };
  if (typeof values["reference"] === "string" && values["reference"]) change.reference = values["reference"].trim();
  if (typeof values["columns"] === "string") change.columns = linesOf(values["columns"]);
  if (typeof values["version"] === "number") change.version = values["version"];
  if (typeof values["threshold"] === "number") change.threshold = values["threshold"];
  if (typeof values["thresholds"] === "string") {
    const pairs = linesOf(values["thresholds"]).map((line) => [line.slice(0, line.lastIndexOf("=")).trim(), Number(line.slice(line.lastIndexOf("=") + 1))] as const);
    change.thresholds = Object.fromEntries(pairs);
  }
  if (HAS_SLICES.includes(values["kind"] as Kind) && typeof values["slice"] === "string") change.slice = values["slice"].trim();
  if (values["kind"] === "performance") {
    change.metric = typeof values["metric"] === "string" ? values["metric"].trim() : "";
    change.worse = WORSE.find((each) => each === values["worse"]) ?? "";
    change.relative = values["relative"] !== false;
    change.estimated = values["estimated"] === true;
    if (typeof values["least_labels"] === "number") change.least_labels = values["least_labels"];
    delete change.columns;
    delete change.thresholds;
  }
  return change;
}

function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}
