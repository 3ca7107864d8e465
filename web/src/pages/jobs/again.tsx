/** Running a job again, with something changed. */
import { Button, Modal } from "@mantine/core";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import type { JobDetail } from "~/api/schema";
import { bytes, figure } from "~/parts/figures";
import { path, useGo } from "~/parts/link";
import { SchemaForm } from "~/parts/schemaform";

/** The parameters that a text of JSON holds. Throws a sentence for people. */
export function parametersOf(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text.trim() || "{}");
  } catch (error) {
    throw new Error(`The parameters are no JSON: ${(error as Error).message}`);
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new Error('The parameters are an object, such as {"depth": 3}.');
  return value as Record<string, unknown>;
}

export function RunAgain({ job }: { job: JobDetail }) {
  const [opened, setOpened] = useState(false);
  const may = useMay();
  if (!may("jobs.run", { project: job.project })) return null;
  return (
    <>
      <Button variant="default" onClick={() => setOpened(true)}>
        Change and run again
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={`Run ${job.name} again`} size="lg" closeButtonProps={{ "aria-label": "Close" }}>
        <Form job={job} close={() => setOpened(false)} />
      </Modal>
    </>
  );
}

function Form({ job, close }: { job: JobDetail; close: () => void }) {
  const go = useGo();
  const tiers = $api.useQuery("get", "/api/v1/tiers", { params: { query: { project: job.project } } }).data?.tiers;
  if (!tiers) return null;
  return (
    <SchemaForm
      fields={[
        { kind: "text", name: "name", label: "Title", required: true },
        { kind: "choice", name: "tier", label: "Hardware", required: true, options: tiers.filter(({ may_use, name }) => may_use || name === job.tier).map((tier) => ({ value: tier.name, label: tierWords(tier) })) },
        { kind: "long", name: "parameters", label: "Parameters, as JSON", description: "What you leave out stays as it was." },
        { kind: "text", name: "command", label: "Command", description: "The Python file, and arguments with blanks between them.", required: true },
        { kind: "number", name: "retries", label: "Try again when it fails", min: 0, max: 20, unit: "times" },
      ]}
      initial={{ name: job.name, tier: job.tier, parameters: JSON.stringify(job.parameters, null, 2), command: job.command.join(" "), retries: job.retries }}
      submit={`Run ${job.name} again`}
      onCancel={close}
      onSubmit={async ({ name, tier, parameters, command, retries }) => {
        const given = String(command).trim();
        const { ids } = await answerOf(
          client.POST("/api/v1/jobs/{id}/clone", {
            params: { path: { id: job.id } },
            body: { name: String(name), tier: String(tier), parameters: parametersOf(String(parameters ?? "")), command: given === job.command.join(" ") ? null : given.split(/\s+/), retries: typeof retries === "number" ? retries : 0 } as never,
          }),
        );
        await askAnew("/api/v1/jobs");
        close();
        go(path`/jobs/${ids[0]!}`);
      }}
    />
  );
}

interface TierLike {
  name: string;
  cpu: number;
  memory_bytes: number;
  gpu: number;
  price?: number | null;
  currency: string;
  free?: number | null;
  waiting: number;
}

/** `small: 1 core, 1 GiB, 0.12 EUR an hour, 2 free`. */
export function tierWords({ name, cpu, memory_bytes, gpu, price, currency, free, waiting }: TierLike): string {
  const parts = [`${figure(cpu)} ${cpu === 1 ? "core" : "cores"}`, bytes(memory_bytes)];
  if (gpu) parts.push(`${figure(gpu)} ${gpu === 1 ? "GPU" : "GPUs"}`);
  if (price !== null && price !== undefined) parts.push(`${figure(Number(price))} ${currency}`.trim() + " an hour");
  if (free !== null && free !== undefined) parts.push(free > 0 ? `${figure(free)} free` : `none free, ${figure(waiting)} waiting`);
  return `${name}: ${parts.join(", ")}`;
}
