/** Beginning a bench: the tiers to measure on, the size of requests, and how many callers there are. */
import { Button, Checkbox, Modal } from "@mantine/core";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import { path, useGo } from "~/parts/link";
import { SchemaForm, type Field, type Values } from "~/parts/schemaform";
import { tierWords } from "../deploying/words";

const FIELDS: Field[] = [
  { kind: "number", name: "rows", label: "Rows of a request", min: 1, max: 10_000, required: true },
  { kind: "number", name: "callers", label: "Callers at a time", min: 1, max: 256, required: true, description: "Each tier is measured with one caller, then with this many." },
  { kind: "number", name: "seconds", label: "Seconds of each measurement", min: 1, max: 60, required: true },
];

/** `model`: the reference that is measured. */
export function BeginBench({ model, project, label = "Measure it" }: { model: string; project: string; label?: string }) {
  const [opened, setOpened] = useState(false);
  const may = useMay();
  if (!may("jobs.run", { project }) || !may("model.predict", { model: model.replace(/[:@].*$/, ""), project })) return null;
  return (
    <>
      <Button variant="default" onClick={() => setOpened(true)}>
        {label}
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={`Measure ${model} on tiers`} size="lg" closeButtonProps={{ "aria-label": "Close" }}>
        <Form model={model} close={() => setOpened(false)} />
      </Modal>
    </>
  );
}

function Form({ model, close }: { model: string; close: () => void }) {
  const go = useGo();
  const answer = $api.useQuery("get", "/api/v1/tiers");
  const tiers = (answer.data?.tiers ?? []).filter(({ may_use }) => may_use);
  const [left, setLeft] = useState<string[]>([]);
  const chosen = tiers.map(({ name }) => name).filter((name) => !left.includes(name));
  return (
    <SchemaForm
      fields={FIELDS}
      initial={{ rows: 1, callers: 8, seconds: 3 }}
      submit="Measure"
      onCancel={close}
      onSubmit={async (values) => {
        if (chosen.length === 0) throw new Error("Choose a tier to measure on.");
        const begun = await answerOf(client.POST("/api/v1/benches", { body: bodyOf(values, model, chosen) as never }));
        await askAnew("/api/v1/benches");
        close();
        go(path`/benches/${begun.id}`);
      }}
    >
      <Checkbox.Group label="Tiers" description="One after the other, so that they do not disturb each other." value={chosen} onChange={(names) => setLeft(tiers.map(({ name }) => name).filter((name) => !names.includes(name)))}>
        <div className="stack" style={{ gap: 8, marginTop: 8 }}>
          {tiers.map((tier) => (
            <Checkbox key={tier.name} value={tier.name} label={tierWords(tier)} />
          ))}
        </div>
      </Checkbox.Group>
    </SchemaForm>
  );
}

/** The request of a filled form. */
export function bodyOf(values: Values, model: string, tiers: string[]) {
  return { reference: model, tiers, rows: Number(values.rows), callers: Number(values.callers), seconds: Number(values.seconds), key: crypto.randomUUID() };
}
