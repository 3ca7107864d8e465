/** Policies: what is done about alerts without anybody. There is none until somebody sets one. */
import { Button, Modal } from "@mantine/core";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import type { AlertPolicyView } from "~/api/schema";
import { Action } from "~/parts/action";
import { counted } from "~/parts/figures";
import { PageLink, path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Page } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { SchemaForm } from "~/parts/schemaform";
import { Person } from "~/parts/subject";
import { DataTable } from "~/parts/table";
import { runsElsewhere } from "../models/states";

const MOST = 1_000;
const ACTS: Record<AlertPolicyView["act"], string> = { rollback: "rolls back", pause: "pauses the model", start: "starts" };

export function PoliciesPage() {
  const may = useMay();
  const answer = $api.useQuery("get", "/api/v1/alert-policies", { params: { query: { limit: MOST } } });
  const count = answer.data?.policies.length ?? 0;
  return (
    <Page title="Alert policies" within={[["Alerts", "/alerts"]]} says={answer.data && (count ? `${counted(count, "policy acts", "policies act")} without anybody.` : "Nothing is done without anybody.")} actions={may("alerts.manage") && <SetPolicy />}>
      <Answer of={answer}>
        {({ policies }) =>
          policies.length === 0 ? (
            <Empty title="No policy is set">
              <p>A policy rolls a model back, pauses it, or starts a pipeline when an alert of a kind is raised: at most once in its hours, with the rights of who set it. What it did stands on the alert.</p>
            </Empty>
          ) : (
            <DataTable
              label="Policies"
              noun={["policy", "policies"]}
              rows={policies}
              keyOf={({ id }) => id}
              columns={[
                { name: "name", header: "Name", cell: ({ name }) => name },
                { name: "of", header: "Of", cell: ({ model, project }) => (model ? <PageLink href={path`/models/${model}`}>{model}</PageLink> : <>all of <PageLink href={path`/projects/${project}`}>{project}</PageLink></>) },
                { name: "kinds", header: "Answers", cell: ({ kinds, severity }) => `${kinds.join(", ")} (${severity === "critical" ? "critical" : "any severity"})` },
                { name: "act", header: "Does", cell: ({ act, start_kind, start_target }) => (act === "start" ? <>starts {start_kind === "pipeline" && start_target ? <PageLink href={path`/pipelines/${start_target}`}>a pipeline</PageLink> : `a ${start_kind}`}</> : ACTS[act]) },
                { name: "hours", header: "Once in", cell: ({ hours }) => counted(hours, "hour") },
                { name: "last", header: "Last", cell: ({ last_at, last_model, last_outcome, last_error }) => (last_at ? <span title={last_error || last_outcome}><Moment time={last_at} />, {last_model}{last_error ? ": could not" : ""}</span> : "never") },
                { name: "by", header: "Set by", cell: ({ created_by }) => <Person actor={created_by} /> },
                { name: "delete", header: "", cell: ({ id, name, model, project }) => <Action size="compact-xs" label="Delete" permission="alerts.manage" on={{ model: model ?? undefined, project }} before={<>{name} does nothing more.</>} act={() => answerOf(client.DELETE("/api/v1/alert-policies/{id}", { params: { path: { id } } })).then(() => askAnew("/api/v1/alert-policies"))} /> },
              ]}
            />
          )
        }
      </Answer>
    </Page>
  );
}

function SetPolicy() {
  const [opened, setOpened] = useState(false);
  const may = useMay();
  const models = $api.useQuery("get", "/api/v1/models", { params: { query: { limit: MOST } } }, { enabled: opened }).data?.models ?? [];
  const pipelines = $api.useQuery("get", "/api/v1/pipelines", { params: { query: { limit: MOST } } }, { enabled: opened && may("jobs.read") }).data?.pipelines ?? [];
  const [model, setModel] = useState("");
  const chosen = models.find(({ name }) => name === model);
  const isElsewhere = chosen !== undefined && runsElsewhere(chosen);
  const collections = $api.useQuery("get", "/api/v1/collections", { params: { query: { model, limit: MOST } } }, { enabled: opened && model !== "" && may("records.read", { model, project: chosen?.project }) }).data?.collections ?? [];
  const collected = [...new Map([...collections].reverse().map((each) => [each.dataset, each])).values()];
  const acts = [
    ...(isElsewhere ? [] : [{ value: "rollback", label: "rolls the model back" }, { value: "pause", label: "pauses the model" }]),
    ...pipelines.map(({ id, name }) => ({ value: `pipeline:${id}`, label: `runs the pipeline ${name}` })),
    ...collected.map(({ id, dataset }) => ({ value: `collection:${id}`, label: `collects its predictions as ${dataset} again` })),
  ];
  const mine = models.filter(({ name, project }) => may("alerts.manage", { model: name, project }));
  return (
    <>
      <Button onClick={() => setOpened(true)}>Set a policy</Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title="Set a policy" centered closeButtonProps={{ "aria-label": "Close" }}>
        <SchemaForm
          fields={[
            { kind: "text", name: "name", label: "Name", required: true },
            { kind: "choice", name: "model", label: "Model", required: true, options: mine.map(({ name }) => ({ value: name, label: name })) },
            { kind: "text", name: "kinds", label: "Kinds of alert", description: "With commas between them, such as errors_high, latency_high.", required: true },
            { kind: "choice", name: "severity", label: "From which severity on", required: true, options: [{ value: "critical", label: "critical" }, { value: "warning", label: "warning" }] },
            { kind: "choice", name: "act", label: "What it does", required: true, options: acts, description: isElsewhere ? `${chosen?.name} runs on other infrastructure: nothing here can roll it back or pause it. Something can be started.` : undefined },
            { kind: "number", name: "hours", label: "Hours within which it acts once", min: 1, max: 168, required: true },
          ]}
          initial={{ severity: "critical", act: "rollback", hours: 24 }}
          onChange={(values) => setModel(String(values["model"] ?? ""))}
          submit="Set the policy"
          onCancel={() => setOpened(false)}
          onSubmit={async ({ name, model, kinds, severity, act, hours }) => {
            const [kind, target] = String(act).split(/:(.*)/);
            await answerOf(
              client.POST("/api/v1/alert-policies", {
                body: {
                  name: String(name), model: String(model), kinds: String(kinds).split(",").map((each) => each.trim()).filter(Boolean), severity: severity === "warning" ? "warning" : "critical",
                  act: target ? "start" : (kind as "rollback" | "pause"), start_kind: target ? (kind as "pipeline" | "collection") : null, start_target: target || null, hours: Number(hours),
                },
              }),
            );
            setOpened(false);
            await askAnew("/api/v1/alert-policies");
          }}
        />
      </Modal>
    </>
  );
}
