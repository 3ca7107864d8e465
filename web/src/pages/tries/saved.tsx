/** Saving the inputs of a form as a scenario, and what is done with one: shared by link, changed, deleted. */
import { Button, Modal } from "@mantine/core";
import { useState } from "react";

import { answerOf, client } from "~/api/client";
import { askAnew } from "~/api/queries";
import type { ScenarioDetail } from "~/api/schema";
import { path } from "~/parts/link";
import { SchemaForm } from "~/parts/schemaform";
import type { Field, Row } from "./fields";
import { WHOLE } from "./fields";

export const scenariosOf = (model: string) => `/api/v1/models/${model}/scenarios`;

/** The address that opens the form with a scenario's inputs. */
export function linkTo(reference: string, id: string): string {
  return `${path`/models/${reference}/try`}?scenario=${encodeURIComponent(id)}`;
}

/** The row of a form for a scenario's inputs: what they do not say is as usual. */
export function rowOfInputs(inputs: unknown, fields: Field[], usual: Row): Row {
  if (fields.length === 1 && fields[0]!.name === WHOLE) return { [WHOLE]: inputs as Row[string] };
  if (Array.isArray(inputs)) return Object.fromEntries(fields.map(({ name }, place) => [name, place < inputs.length ? (inputs[place] as Row[string]) : usual[name]]));
  if (typeof inputs !== "object" || inputs === null) return usual;
  const given = new Map(Object.entries(inputs as Row));
  return Object.fromEntries(fields.map(({ name, mayBeLeftOut }) => [name, given.has(name) ? given.get(name) : mayBeLeftOut ? undefined : usual[name]]));
}

interface Props {
  model: string;
  inputs: unknown;
  params?: Record<string, unknown>;
  /** The scenario that the form was opened with; undefined: none, or somebody else's. */
  own?: ScenarioDetail;
  onSaved: (saved: ScenarioDetail) => void;
}

export function SaveScenario({ model, inputs, params, own, onSaved }: Props) {
  const [opened, setOpened] = useState(false);
  const done = async (saved: ScenarioDetail) => {
    await askAnew("/api/v1/models/{name}/scenarios");
    setOpened(false);
    onSaved(saved);
  };
  return (
    <>
      {own && (
        <Button
          variant="default"
          onClick={() => void answerOf(client.PATCH("/api/v1/models/{name}/scenarios/{id}", { params: { path: { name: model, id: own.id } }, body: { inputs: inputs as Record<string, unknown>, params: params ?? null } })).then(done)}
        >
          {`Save in “${own.name}”`}
        </Button>
      )}
      <Button variant="default" onClick={() => setOpened(true)}>
        Save as a scenario
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title="Save as a scenario" centered closeButtonProps={{ "aria-label": "Close" }}>
        <SchemaForm
          fields={[
            { kind: "text", name: "name", label: "Name", required: true },
            { kind: "long", name: "note", label: "Note" },
            { kind: "yes", name: "shared", label: "Share it", description: "Everybody who may call the model sees it, and its link opens for them." },
          ]}
          submit="Save the scenario"
          onCancel={() => setOpened(false)}
          onSubmit={({ name, note, shared }) =>
            answerOf(
              client.POST("/api/v1/models/{name}/scenarios", {
                params: { path: { name: model } },
                body: { name: String(name), note: note ? String(note) : null, shared: shared === true, inputs: inputs as Record<string, unknown>, params: params ?? null },
              }),
            ).then(done)
          }
        />
      </Modal>
    </>
  );
}
