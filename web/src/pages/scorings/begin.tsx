/** Beginning a scoring: version, data, hardware and results, from what there is. */
import { Button, Modal } from "@mantine/core";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import { counted } from "~/parts/figures";
import { path, useGo } from "~/parts/link";
import { SchemaForm, type Field, type Values } from "~/parts/schemaform";

const MOST = 1_000;
const EXISTING = [
  { value: "fail", label: "Stay: nothing is written" },
  { value: "append", label: "Stay, and rows are added" },
  { value: "replace", label: "Are replaced" },
];

/** `model`: the reference that is scored; without one it is chosen. */
export function BeginScoring({ model, project, label = "New scoring" }: { model?: string; project?: string; label?: string }) {
  const [opened, setOpened] = useState(false);
  const may = useMay();
  if (!may("jobs.run", project ? { project } : undefined)) return null;
  return (
    <>
      <Button variant="default" onClick={() => setOpened(true)}>
        {label}
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={model ? `Score a table with ${model}` : "Score a table"} size="lg" closeButtonProps={{ "aria-label": "Close" }}>
        <Form model={model} close={() => setOpened(false)} />
      </Modal>
    </>
  );
}

function Form({ model, close }: { model: string | undefined; close: () => void }) {
  const go = useGo();
  const models = $api.useQuery("get", "/api/v1/models", { params: { query: { limit: MOST } } }, { enabled: !model });
  const data = $api.useQuery("get", "/api/v1/data", { params: { query: { limit: MOST } } });
  const tiers = $api.useQuery("get", "/api/v1/tiers");
  const names = (data.data?.data ?? []).map(({ name, kind }) => ({ value: name, label: kind === "dataset" ? name : `${name} (${kind})` }));
  const fields: Field[] = [
    ...(model ? [] : [{ kind: "choice" as const, name: "reference", label: "Model", required: true, options: (models.data?.models ?? []).map(({ name }) => name) }]),
    { kind: "choice", name: "data", label: "Data", required: true, options: names, description: "Its columns are found by their names." },
    { kind: "text", name: "path", label: "Path in a connection", placeholder: "2026/11/customers.parquet", description: "Of a connection: the file, folder or table. Leave empty for a dataset." },
    { kind: "choice", name: "tier", label: "Hardware", required: true, options: (tiers.data?.tiers ?? []).map(({ name, cpu }) => ({ value: name, label: `${name}: ${counted(Math.max(1, Math.floor(cpu)), "process", "processes")}` })) },
    { kind: "text", name: "out", label: "Where the results go", placeholder: "customers-scored, or warehouse/public.scores", description: "A dataset gets them as its next version; of a connection name the table, file or folder. Leave empty to keep them here, to download." },
    { kind: "choice", name: "if_exists", label: "Rows that are there already", required: true, options: EXISTING, description: "Of a table or a folder in a connection." },
    { kind: "choice", name: "format", label: "Format", required: true, options: [{ value: "parquet", label: "Parquet" }, { value: "csv", label: "CSV" }] },
    { kind: "text", name: "keep", label: "Columns of the data in the results", placeholder: "id, date", description: "Leave empty for all." },
  ];
  return (
    <SchemaForm
      fields={fields}
      initial={{ reference: "", data: "", path: "", tier: "small", out: "", if_exists: "fail", format: "parquet", keep: "" }}
      submit="Score"
      onCancel={close}
      onSubmit={async (values) => {
        const begun = await answerOf(client.POST("/api/v1/scorings", { body: bodyOf(values, model) as never }));
        await askAnew("/api/v1/scorings");
        close();
        go(path`/scorings/${begun.id}`);
      }}
    />
  );
}

/** The request of a filled form. */
export function bodyOf(values: Values, model?: string) {
  const text = (name: string) => String(values[name] ?? "").trim();
  const inside = text("path").replace(/^\/+/, "");
  return {
    reference: model ?? text("reference"),
    data: inside ? `data://${text("data")}/${inside}` : `data://${text("data")}`,
    tier: text("tier"),
    out: text("out") && `data://${text("out").replace(/^data:\/\//, "")}`,
    if_exists: text("if_exists") || "fail",
    format: text("format"),
    keep: text("keep") ? text("keep").split(",").map((name) => name.trim()).filter(Boolean) : null,
    key: crypto.randomUUID(),
  };
}
