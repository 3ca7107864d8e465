/** Tiers: what a replica may have, what it costs, and who may use it. */
import { Modal, Button } from "@mantine/core";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import type { TierDetail } from "~/api/schema";
import { Action } from "~/parts/action";
import { bytes, counted, figure } from "~/parts/figures";
import { Moment } from "~/parts/moment";
import { Page } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { SchemaForm } from "~/parts/schemaform";
import { StateWord } from "~/parts/state";
import { DataTable } from "~/parts/table";

export function TiersPage() {
  const may = useMay();
  const answer = $api.useQuery("get", "/api/v1/tiers", {});
  const mayManage = may("quotas.manage");
  return (
    <Page title="Tiers" says={answer.data && `${counted(answer.data.tiers.length, "tier")}: what a replica may have, and what it costs an hour.`}>
      <Answer of={answer}>
        {({ tiers }) => (
          <div className="stack">
            <DataTable
              label="Tiers"
              noun={["tier", "tiers"]}
              rows={tiers}
              keyOf={({ name }) => name}
              columns={[
                { name: "name", header: "Tier", cell: ({ name }) => name },
                { name: "cpu", header: "Cores", align: "end", cell: ({ cpu }) => figure(cpu) },
                { name: "memory", header: "Memory", align: "end", cell: ({ memory_bytes }) => bytes(memory_bytes) },
                { name: "gpu", header: "GPUs", align: "end", cell: ({ gpu }) => figure(gpu) },
                { name: "price", header: "An hour", align: "end", cell: priceWords },
                { name: "free", header: "Free now", align: "end", cell: ({ free }) => (free === null || free === undefined ? "–" : figure(free)) },
                { name: "waiting", header: "Waiting", align: "end", cell: ({ waiting }) => figure(waiting) },
                { name: "who", header: "For", cell: ({ restricted }) => (restricted ? <StateWord state="attention">those with a right</StateWord> : "everybody") },
                { name: "may", header: "You", cell: ({ may_use }) => (may_use ? <StateWord state="ok">may use it</StateWord> : <StateWord state="unknown">may not</StateWord>) },
                ...(mayManage ? [{ name: "act", header: "", cell: (tier: TierDetail) => <Change tier={tier} /> }] : []),
              ]}
            />
            {tiers.filter(({ restricted }) => restricted && (mayManage || may("users.read"))).map(({ name }) => <Rights key={name} tier={name} />)}
          </div>
        )}
      </Answer>
    </Page>
  );
}

function priceWords({ price, currency }: TierDetail): string {
  return price === null || price === undefined ? "–" : `${figure(Number(price))} ${currency}`.trim();
}

function Change({ tier }: { tier: TierDetail }) {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button size="compact-xs" variant="default" aria-label={`Change the tier ${tier.name}`} onClick={() => setOpened(true)}>
        Change
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={`Change the tier ${tier.name}`} centered closeButtonProps={{ "aria-label": "Close" }}>
        <SchemaForm
          fields={[
            { kind: "number", name: "price", label: "Price an hour", min: 0, description: "Leave empty for none." },
            { kind: "text", name: "currency", label: "Currency" },
            { kind: "yes", name: "restricted", label: "Only for those with a right", description: "Others ask for it." },
          ]}
          initial={{ price: tier.price ?? null, currency: tier.currency, restricted: tier.restricted }}
          submit={`Change the tier ${tier.name}`}
          onCancel={() => setOpened(false)}
          onSubmit={async ({ price, currency, restricted }) => {
            await answerOf(client.PUT("/api/v1/tiers/{tier}", { params: { path: { tier: tier.name } }, body: { price: typeof price === "number" ? price : null, currency: String(currency ?? ""), restricted: restricted === true, reason: "" } }));
            setOpened(false);
            await askAnew("/api/v1/tiers");
          }}
        />
      </Modal>
    </>
  );
}

function Rights({ tier }: { tier: string }) {
  const answer = $api.useQuery("get", "/api/v1/tiers/{tier}/rights", { params: { path: { tier } } });
  return (
    <section className="card">
      <div className="row spread" style={{ marginBottom: 12 }}>
        <h2 style={{ margin: 0, fontSize: 16 }}>Who may use {tier}</h2>
        <Give tier={tier} />
      </div>
      <Answer of={answer} lines={2}>
        {({ rights }) => (
          <ul className="list">
            {rights.length === 0 && <li className="muted">Nobody yet.</li>}
            {rights.map(({ id, holder_kind, holder, expires_at }) => (
              <li key={id} className="row spread">
                <span>
                  {holder_kind} {holder} <span className="small muted">until <Moment time={expires_at} none="it is taken away" /></span>
                </span>
                <Action size="compact-xs" label="Take away" permission="quotas.manage" before={<>{holder} deploys nothing more on {tier}; what runs goes on.</>} act={() => answerOf(client.DELETE("/api/v1/tiers/{tier}/rights/{id}", { params: { path: { tier, id } } })).then(() => askAnew("/api/v1/tiers"))} />
              </li>
            ))}
          </ul>
        )}
      </Answer>
    </section>
  );
}

const DAY_SECONDS = 86_400;

function Give({ tier }: { tier: string }) {
  const [opened, setOpened] = useState(false);
  const may = useMay();
  if (!may("quotas.manage")) return null;
  return (
    <>
      <Button size="xs" variant="default" onClick={() => setOpened(true)}>
        Give a right
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={`Give a right to ${tier}`} centered closeButtonProps={{ "aria-label": "Close" }}>
        <SchemaForm
          fields={[
            { kind: "choice", name: "kind", label: "To", required: true, options: [{ value: "user", label: "a person" }, { value: "group", label: "a group" }, { value: "role", label: "a role" }, { value: "project", label: "a project" }] },
            { kind: "text", name: "name", label: "Name", required: true, description: "The login name, or the name of the group, role or project." },
            { kind: "number", name: "days", label: "For", unit: "days", min: 1, description: "Leave empty for as long as it is not taken away." },
            { kind: "text", name: "reason", label: "Why", description: "For the log." },
          ]}
          initial={{ kind: "user" }}
          submit="Give the right"
          onCancel={() => setOpened(false)}
          onSubmit={async ({ kind, name, days, reason }) => {
            await answerOf(client.POST("/api/v1/tiers/{tier}/rights", { params: { path: { tier } }, body: { kind: kind as "user", name: String(name), reason: String(reason ?? ""), expires_in_seconds: typeof days === "number" ? days * DAY_SECONDS : null } }));
            setOpened(false);
            await askAnew("/api/v1/tiers");
          }}
        />
      </Modal>
    </>
  );
}
