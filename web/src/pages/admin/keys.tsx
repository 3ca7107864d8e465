/** API keys: tokens of programs that belong to no person. */
import { Button, Modal } from "@mantine/core";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import type { KeyCreated } from "~/api/schema";
import { Action } from "~/parts/action";
import { counted } from "~/parts/figures";
import { ChoiceFilter, FilterBar, TextFilter } from "~/parts/filters";
import { Moment } from "~/parts/moment";
import { Page } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { SchemaForm } from "~/parts/schemaform";
import { StateWord } from "~/parts/state";
import { Person } from "~/parts/subject";
import { DataTable } from "~/parts/table";
import { useView } from "~/parts/view";
import { ShownOnce } from "../access/profile";

const MOST = 10_000;
const DAY_SECONDS = 86_400;
const ROLES = [
  { value: "caller", label: "caller: calls models" },
  { value: "labeller", label: "labeller: sends the truth about predictions" },
  { value: "contributor", label: "contributor: deploys and releases too" },
  { value: "administrator", label: "administrator: everything" },
];

function ended(key: { revoked_at: string | null; expires_at: string | null }): "revoked" | "expired" | "" {
  if (key.revoked_at) return "revoked";
  return key.expires_at && new Date(key.expires_at).getTime() < Date.now() ? "expired" : "";
}

export function KeysPage() {
  const [view, setView] = useView({ q: "", state: "good" });
  const answer = $api.useQuery("get", "/api/v1/keys", { params: { query: { limit: MOST } } });
  const all = answer.data?.keys ?? [];
  const good = all.filter((key) => !ended(key));
  const rows = (view.state === "good" ? good : all).filter(({ name }) => name.toLowerCase().includes(view.q.toLowerCase()));
  return (
    <Page title="Keys" says={answer.data && `${counted(good.length, "key is", "keys are")} good.`} actions={<NewKey />}>
      <FilterBar>
        <TextFilter label="Filter by name" value={view.q} onChange={(q) => setView({ q })} />
        <ChoiceFilter label="State" value={view.state} options={[{ value: "good", label: "Good" }, { value: "all", label: "All" }]} onChange={(state) => setView({ state })} />
      </FilterBar>
      <Answer of={answer}>
        {() =>
          rows.length === 0 ? (
            <Empty title="No key is like this">
              <p>A program that calls models, and belongs to nobody, gets a key.</p>
            </Empty>
          ) : (
            <DataTable
              label="Keys"
              noun={["key", "keys"]}
              rows={rows}
              keyOf={({ id }) => id}
              columns={[
                { name: "name", header: "Key", cell: ({ name }) => name },
                { name: "state", header: "State", cell: (key) => (ended(key) ? <StateWord state="unknown">{ended(key)}</StateWord> : <StateWord state="ok">good</StateWord>) },
                { name: "role", header: "Role", cell: ({ role }) => role },
                { name: "for", header: "For", cell: ({ project, models }) => [project && `project ${project}`, models?.join(", ") ?? "every model"].filter(Boolean).join(", ") },
                { name: "ends", header: "Ends", cell: ({ expires_at }) => <Moment time={expires_at} none="never" /> },
                { name: "by", header: "Made by", cell: ({ created_by }) => <Person actor={created_by} /> },
                { name: "at", header: "Made", cell: ({ created_at }) => <Moment time={created_at} /> },
                { name: "act", header: "", cell: (key) => (ended(key) ? "" : <Action size="compact-xs" label="Revoke" color="red" permission="keys.manage" before={<>Programs that use {key.name} are refused within a second. This can't be undone.</>} act={() => answerOf(client.DELETE("/api/v1/keys/{id}", { params: { path: { id: key.id } } })).then(() => askAnew("/api/v1/keys"))} />) },
              ]}
            />
          )
        }
      </Answer>
    </Page>
  );
}

function NewKey() {
  const may = useMay();
  const [opened, setOpened] = useState(false);
  const [made, setMade] = useState<KeyCreated>();
  if (!may("keys.manage")) return null;
  return (
    <>
      <Button onClick={() => setOpened(true)}>Create a key</Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title="Create a key" centered closeButtonProps={{ "aria-label": "Close" }}>
        <SchemaForm
          fields={[
            { kind: "text", name: "name", label: "Name", description: "The program that will use it.", required: true },
            { kind: "choice", name: "role", label: "Role", options: ROLES, required: true },
            { kind: "text", name: "project", label: "Project", description: "Leave empty for every project." },
            { kind: "text", name: "models", label: "Models", description: "Names, or patterns such as credit-*, with commas between. Leave empty for every one." },
            { kind: "number", name: "days", label: "Good for", unit: "days", min: 1, description: "Leave empty for good." },
          ]}
          initial={{ role: "caller" }}
          submit="Create the key"
          onCancel={() => setOpened(false)}
          onSubmit={async ({ name, role, project, models, days }) => {
            const names = String(models ?? "").split(",").map((each) => each.trim()).filter(Boolean);
            const body = { name: String(name), role: role as "caller", project: project ? String(project) : null, models: names.length ? names : null, expires_in_seconds: typeof days === "number" ? days * DAY_SECONDS : null };
            const key = await answerOf(client.POST("/api/v1/keys", { body }));
            setOpened(false);
            setMade(key);
            await askAnew("/api/v1/keys");
          }}
        />
      </Modal>
      <ShownOnce token={made} onClose={() => setMade(undefined)} />
    </>
  );
}
