/** What is done with goals: one is set, something is tied to it, a value is noted, it is closed. */
import { Button, Modal } from "@mantine/core";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import type { GoalDetail } from "~/api/schema";
import { Action } from "~/parts/action";
import { SchemaForm, type Field, type Values } from "~/parts/schemaform";

const after = () => askAnew("/api/v1/projects");

interface FormProps {
  /** The act, on the button and as the title. */
  label: string;
  fields: Field[];
  initial?: Values;
  size?: "xs" | "sm";
  send: (values: Values) => Promise<unknown>;
}

function FormButton({ label, fields, initial, size = "xs", send }: FormProps) {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button variant="default" size={size} onClick={() => setOpened(true)}>
        {label}
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={label} centered closeButtonProps={{ "aria-label": "Close" }}>
        <SchemaForm
          fields={fields}
          initial={initial}
          submit={label}
          onCancel={() => setOpened(false)}
          onSubmit={async (values) => {
            await send(values);
            setOpened(false);
            await after();
          }}
        />
      </Modal>
    </>
  );
}

const text = (value: Values[string] | undefined) => (value ? String(value) : null);

export function SetGoal({ project }: { project: string }) {
  const may = useMay();
  if (!may("project.manage", { project })) return null;
  return (
    <FormButton
      label="Set a goal"
      size="sm"
      fields={[
        { kind: "text", name: "title", label: "Title", required: true, placeholder: "Fewer missed defaults" },
        { kind: "text", name: "metric", label: "Metric", placeholder: "recall" },
        { kind: "choice", name: "direction", label: "Shall be", options: [{ value: "at_least", label: "at least" }, { value: "at_most", label: "at most" }] },
        { kind: "number", name: "target", label: "Target" },
        { kind: "text", name: "due", label: "By", placeholder: "2027-03-31" },
        { kind: "text", name: "worth", label: "Worth", placeholder: "€ 200,000 a year" },
        { kind: "text", name: "owner", label: "Answers for it", description: "A login name; unless given, you." },
      ]}
      initial={{ direction: "at_least" }}
      send={({ title, metric, direction, target, due, worth, owner }) =>
        answerOf(client.POST("/api/v1/projects/{project}/goals", { params: { path: { project } }, body: { title: String(title), metric: text(metric), direction: text(direction) as "at_least" | null, target: typeof target === "number" ? target : null, due: text(due), worth: text(worth), owner: text(owner) } }))
      }
    />
  );
}

export function GoalActs({ goal: { id, project } }: { goal: GoalDetail }) {
  const may = useMay();
  const models = $api.useQuery("get", "/api/v1/models", { params: { query: { project } } }, { enabled: may("model.deploy", { project }) });
  const versions = (models.data?.models ?? []).flatMap(({ name, versions }) => [...versions].reverse().map((number) => `${name}:${number}`));
  const place = { params: { path: { project, id } } };
  return (
    <div className="row" style={{ marginTop: 12 }}>
      {may("model.deploy", { project }) && versions.length > 0 && (
        <FormButton label="Tie a version" fields={[{ kind: "choice", name: "name", label: "Version", required: true, options: versions }]} send={({ name }) => answerOf(client.POST("/api/v1/projects/{project}/goals/{id}/ties", { ...place, body: { kind: "version", name: String(name) } }))} />
      )}
      {may("comments.write", { project }) && (
        <FormButton
          label="Note a value"
          fields={[
            { kind: "number", name: "value", label: "Value", required: true },
            { kind: "text", name: "source", label: "Where it comes from", required: true, placeholder: "Backtest on the first quarter" },
          ]}
          send={({ value, source }) => answerOf(client.POST("/api/v1/projects/{project}/goals/{id}/values", { ...place, body: { value: Number(value), source: String(source) } }))}
        />
      )}
      <Action size="xs" label="Close the goal" permission="project.manage" on={{ project }} before="It is over, reached or not, and no longer listed among the open ones." act={() => answerOf(client.PATCH("/api/v1/projects/{project}/goals/{id}", { ...place, body: { closed: true } as never })).then(after)} />
    </div>
  );
}
