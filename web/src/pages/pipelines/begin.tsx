/** Running a pipeline: a form of its parameters, with those of an earlier run where it is repeated. */
import { Button, Modal } from "@mantine/core";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import type { ParameterView, PipelineView, RunView } from "~/api/schema";
import { path, useGo } from "~/parts/link";
import { SchemaForm, type Field, type Values } from "~/parts/schemaform";

export function BeginRun({ pipeline }: { pipeline: PipelineView }) {
  return <Begin name={pipeline.name} project={pipeline.project} id={pipeline.id} label="Run" />;
}

export function RunAgain({ run }: { run: RunView }) {
  return <Begin name={run.name} project={run.project} id={run.pipeline} parent={run} label="Change and run again" />;
}

function Begin({ name, project, id, parent, label }: { name: string; project: string; id: string; parent?: RunView; label: string }) {
  const [opened, setOpened] = useState(false);
  const may = useMay();
  if (!may("jobs.run", { project })) return null;
  return (
    <>
      <Button variant={parent ? "default" : "filled"} onClick={() => setOpened(true)}>
        {label}
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={parent ? `Run ${name} again` : `Run ${name}`} size="lg" closeButtonProps={{ "aria-label": "Close" }}>
        <Form id={id} name={name} parent={parent} close={() => setOpened(false)} />
      </Modal>
    </>
  );
}

function Form({ id, name, parent, close }: { id: string; name: string; parent?: RunView; close: () => void }) {
  const go = useGo();
  const version = parent?.version;
  const pipeline = $api.useQuery("get", "/api/v1/pipelines/{id}", { params: { path: { id }, query: { version } } }).data;
  if (!pipeline) return null;
  return (
    <SchemaForm
      fields={[...pipeline.parameters.map(fieldOf), { kind: "yes", name: FRESH, label: "Run every step", description: "Also where an earlier run has the same value." }]}
      initial={{ ...initialOf(pipeline.parameters, parent?.parameters ?? {}), [FRESH]: false }}
      submit={parent ? `Run ${name} again` : `Run ${name}`}
      onCancel={close}
      onSubmit={async (values) => {
        const begun = await answerOf(
          client.POST("/api/v1/pipelines/{id}/runs", {
            params: { path: { id } },
            body: { parameters: parametersOf(pipeline.parameters, values) as never, version: version ?? null, fresh: values[FRESH] === true, parent: parent?.id ?? null },
          }),
        );
        await askAnew("/api/v1/pipeline-runs");
        await askAnew("/api/v1/pipelines");
        close();
        go(path`/pipeline-runs/${begun.id}`);
      }}
    />
  );
}

/** A name that no parameter has: parameters begin with a letter or `_`. */
const FRESH = "-fresh";

function fieldOf({ name, type, required }: ParameterView): Field {
  if (type === "int" || type === "float") return { kind: "number", name, label: name, required, step: type === "int" ? 1 : undefined };
  if (type === "bool") return { kind: "yes", name, label: name };
  if (type === "str") return { kind: "text", name, label: name, required };
  return { kind: "long", name, label: `${name}, as JSON`, required };
}

function initialOf(parameters: ParameterView[], before: Record<string, unknown>): Values {
  const values: Values = {};
  for (const { name, type, default: usual } of parameters) {
    const value = name in before ? before[name] : usual;
    if (value === null || value === undefined) values[name] = type === "bool" ? false : null;
    else values[name] = typeof value === "object" || type === "any" ? JSON.stringify(value, null, 2) : (value as string | number | boolean);
  }
  return values;
}

/** The parameters that a form holds; what is left empty has its default. Throws a sentence for people. */
export function parametersOf(parameters: ParameterView[], values: Values): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  for (const { name, type } of parameters) {
    const value = values[name];
    if (value === null || value === undefined || (value === "" && type !== "str")) continue;
    if (["int", "float", "bool", "str"].includes(type)) {
      given[name] = value;
      continue;
    }
    try {
      given[name] = JSON.parse(String(value));
    } catch (error) {
      throw new Error(`${name} is no JSON: ${(error as Error).message}`);
    }
  }
  return given;
}
