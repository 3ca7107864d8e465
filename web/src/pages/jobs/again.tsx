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
  const environments = useEnvironments(job.project);
  const data = useDatasets(job.project);
  if (!tiers || !environments || !data) return null;
  // One dataset is changed here; a job that reads several keeps them.
  const only = job.inputs.length === 1 ? job.inputs[0] : undefined;
  const read = only && datasetOf(only.reference);
  return (
    <SchemaForm
      fields={[
        { kind: "text", name: "name", label: "Title", required: true },
        { kind: "choice", name: "tier", label: "Hardware", required: true, options: tiers.filter(({ may_use, name }) => may_use || name === job.tier).map((tier) => ({ value: tier.name, label: tierWords(tier) })) },
        { kind: "choice", name: "environment", label: "Environment", options: environments, description: `Leave empty for the packages that it had${job.environment ? ` (${job.environment.slice(0, 12)})` : ""}.` },
        ...(read ? [{ kind: "choice" as const, name: "data", label: "Data", required: true, options: [...new Set([read, ...data])], description: `In ${only.variable}; its latest version, where you choose another.` }] : []),
        { kind: "long", name: "parameters", label: "Parameters, as JSON", description: "What you leave out stays as it was." },
        { kind: "text", name: "command", label: "Command", description: "The Python file, and arguments with blanks between them.", required: true },
        ...(job.git ? [{ kind: "text" as const, name: "ref", label: "Branch, tag or commit", description: `Of ${job.git.url}. Leave it for the same commit.` }] : []),
        { kind: "number", name: "retries", label: "Try again when it fails", min: 0, max: 20, unit: "times" },
      ]}
      initial={{ name: job.name, tier: job.tier, parameters: JSON.stringify(job.parameters, null, 2), environment: null, data: read ?? null, command: job.command.join(" "), retries: job.retries, ref: job.git?.commit ?? "" }}
      submit={`Run ${job.name} again`}
      onCancel={close}
      onSubmit={async ({ name, tier, environment, data: chosen, parameters, command, retries, ref }) => {
        const given = String(command).trim();
        const { ids } = await answerOf(
          client.POST("/api/v1/jobs/{id}/clone", {
            params: { path: { id: job.id } },
            body: { name: String(name), tier: String(tier), environment: environment ? String(environment) : null, inputs: read && chosen !== read ? [{ reference: `data://${String(chosen)}`, variable: only.variable }] : null, parameters: parametersOf(String(parameters ?? "")), command: given === job.command.join(" ") ? null : given.split(/\s+/), retries: typeof retries === "number" ? retries : 0, git_ref: job.git && String(ref ?? "").trim() !== job.git.commit ? String(ref ?? "").trim() : null } as never,
          }),
        );
        await askAnew("/api/v1/jobs");
        close();
        go(path`/jobs/${ids[0]!}`);
      }}
    />
  );
}

const MOST = 500;

/** The names of environments that jobs of a project may have; undefined while they are asked for. */
export function useEnvironments(project: string): string[] | undefined {
  const isAllowed = useMay()("environments.read", { project });
  const answer = $api.useQuery("get", "/api/v1/environments/names", { params: { query: { limit: MOST } } }, { enabled: isAllowed });
  if (!isAllowed || answer.isError) return [];
  return answer.data?.environments.filter((each) => each.project === null || each.project === project).map(({ name }) => name);
}

/** The datasets that jobs of a project may read; undefined while they are asked for. */
export function useDatasets(project: string): string[] | undefined {
  const isAllowed = useMay()("data.read", { project });
  const answer = $api.useQuery("get", "/api/v1/data", { params: { query: { limit: MOST, project } } }, { enabled: isAllowed });
  if (!isAllowed || answer.isError) return [];
  return answer.data?.data.filter(({ kind }) => kind !== "connection").map(({ name }) => name);
}

/** `orders` of `data://orders@3`; undefined for what is no dataset: a place in a connection, what a job left. */
export function datasetOf(reference: string): string | undefined {
  return /^data:\/\/([^/@]+)(?:@\d+)?$/.exec(reference)?.[1];
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
