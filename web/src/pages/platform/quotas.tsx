/** Quotas: how much of the machine projects and people may use, and how much of it they do. */
import { Button, Modal } from "@mantine/core";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import type { QuotaDetail } from "~/api/schema";
import { bytes, counted, figure } from "~/parts/figures";
import { Page } from "~/parts/page";
import { Action } from "~/parts/action";
import { Answer, Empty } from "~/parts/placeholders";
import { SchemaForm } from "~/parts/schemaform";
import { DataTable } from "~/parts/table";

const GIB = 1 << 30;
type Amount = "cores" | "memory_bytes" | "gpus" | "disk_bytes" | "replicas";
const AMOUNTS: [Amount, string][] = [["cores", "Cores"], ["memory_bytes", "Memory"], ["gpus", "GPUs"], ["replicas", "Replicas"], ["disk_bytes", "Disk"]];

export function QuotasPage() {
  const may = useMay();
  const answer = $api.useQuery("get", "/api/v1/quotas", {});
  const mayManage = may("quotas.manage");
  const full = answer.data?.quotas.filter(isFull).length ?? 0;
  return (
    <Page title="Quotas" says={answer.data && (full ? `${counted(full, "quota is", "quotas are")} used up.` : "No quota is used up.")} actions={mayManage && <SetQuota />}>
      <Answer of={answer}>
        {({ quotas }) =>
          quotas.length === 0 ? (
            <Empty title="No quota is set">
              <p>Everybody may use as much of the machine as is free. A quota bounds a project, a person, or the installation.</p>
            </Empty>
          ) : (
            <DataTable
              label="Quotas"
              noun={["quota", "quotas"]}
              rows={quotas}
              keyOf={({ kind, name }) => `${kind} ${name}`}
              columns={[
                { name: "of", header: "Of", cell: ({ kind, name, is_default }) => (kind === "installation" ? "the installation" : is_default ? `each ${kind} without its own` : `${kind} ${name}`) },
                ...AMOUNTS.map(([amount, header]) => ({ name: amount, header, align: "end" as const, cell: (quota: QuotaDetail) => usedWords(quota, amount) })),
                ...(mayManage ? [{ name: "act", header: "", cell: ({ kind, name }: QuotaDetail) => <Action size="compact-xs" label="Take away" before={<>Nothing bounds it then but what is free.</>} act={() => answerOf(client.DELETE("/api/v1/quotas/{account}/{name}", { params: { path: { account: kind, name } } })).then(() => askAnew("/api/v1/quotas"))} /> }] : []),
              ]}
            />
          )
        }
      </Answer>
    </Page>
  );
}

/** `2 of 8`; a dash where there is no limit and nothing is used. */
export function usedWords({ used, limits, is_default }: Pick<QuotaDetail, "used" | "limits" | "is_default">, amount: Amount): string {
  const words = (value: number) => (amount.endsWith("bytes") ? bytes(value) : figure(value));
  const limit = limits?.[amount];
  if (limit === null || limit === undefined) return is_default ? "–" : words(used[amount]);
  return is_default ? words(limit) : `${words(used[amount])} of ${words(limit)}`;
}

export function isFull({ used, limits }: Pick<QuotaDetail, "used" | "limits">): boolean {
  return AMOUNTS.some(([amount]) => limits?.[amount] !== null && limits?.[amount] !== undefined && used[amount] >= limits[amount]!);
}

function SetQuota() {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button onClick={() => setOpened(true)}>Set a quota</Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title="Set a quota" centered closeButtonProps={{ "aria-label": "Close" }}>
        <SchemaForm
          fields={[
            { kind: "choice", name: "account", label: "Of", required: true, options: [{ value: "project", label: "a project" }, { value: "user", label: "a person" }, { value: "installation", label: "the installation" }] },
            { kind: "text", name: "name", label: "Name", description: "Of the project, or the login name. * means each without its own." },
            { kind: "number", name: "cores", label: "Cores", min: 0 },
            { kind: "number", name: "memory", label: "Memory", min: 0, unit: "GiB" },
            { kind: "number", name: "gpus", label: "GPUs", min: 0 },
            { kind: "number", name: "replicas", label: "Replicas", min: 0 },
            { kind: "number", name: "disk", label: "Disk", min: 0, unit: "GiB" },
          ]}
          initial={{ account: "project", name: "" }}
          submit="Set the quota"
          onCancel={() => setOpened(false)}
          onSubmit={async ({ account, name, cores, memory, gpus, replicas, disk }) => {
            const number = (value: unknown, times = 1) => (typeof value === "number" ? value * times : null);
            const whole = (value: unknown) => (typeof value === "number" ? Math.round(value * GIB) : null);
            await answerOf(client.PUT("/api/v1/quotas/{account}/{name}", { params: { path: { account: account as "project", name: account === "installation" ? "*" : String(name || "*") } }, body: { cores: number(cores), memory_bytes: whole(memory), gpus: number(gpus), replicas: number(replicas), disk_bytes: whole(disk) } }));
            setOpened(false);
            await askAnew("/api/v1/quotas");
          }}
        />
      </Modal>
    </>
  );
}
