/** Support: how much a model or a project matters, and who hears of its alerts. */
import { Button, Modal } from "@mantine/core";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import type { ContactView, SupportRequest, SupportView } from "~/api/schema";
import { Card, Facts } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { SchemaForm } from "~/parts/schemaform";

interface Of {
  model?: string;
  project: string;
}

const LEVELS: Record<SupportView["level"], string> = {
  "best-effort": "best-effort: alerts come once a day",
  standard: "standard: alerts come at once",
  critical: "critical: at once, and escalated until somebody has them",
};

export function SupportCard({ model, project }: Of) {
  const may = useMay();
  const ofModel = $api.useQuery("get", "/api/v1/models/{name}/support", { params: { path: { name: model ?? "" } } }, { enabled: model !== undefined && may("alerts.read", { model, project }) });
  const ofProject = $api.useQuery("get", "/api/v1/projects/{project}/support", { params: { path: { project } } }, { enabled: model === undefined });
  const answer = model === undefined ? ofProject : ofModel;
  if (model !== undefined && !may("alerts.read", { model, project })) return null;
  const mayChange = model === undefined ? may("project.manage", { project }) : may("alerts.manage", { model, project });
  return (
    <Card title="Who hears of its alerts" aside={mayChange && answer.data && <Change model={model} project={project} support={answer.data} />}>
      <Answer of={answer} lines={3}>
        {({ level, owner, escalate_to, escalate_after }) => (
          <Facts
            of={[
              ["Support", LEVELS[level]],
              ["First", owner ? nameOf(owner) : model === undefined ? "who deployed the model, then the owners of the project" : "who deployed its latest version"],
              ...(level === "critical" ? [[`After ${escalate_after} min`, escalate_to ? nameOf(escalate_to) : "the owners of the project, then the administrators"] as [string, string]] : []),
            ]}
          />
        )}
      </Answer>
    </Card>
  );
}

function nameOf({ kind, name }: ContactView): string {
  return kind === "group" ? `the group ${name}` : name;
}

/** `ada` or `group:night`. */
function written(contact: ContactView | null): string {
  return contact === null ? "" : contact.kind === "group" ? `group:${contact.name}` : contact.name;
}

function read(text: unknown): SupportRequest["owner"] {
  const name = String(text ?? "").trim();
  if (!name) return null;
  return name.startsWith("group:") ? { kind: "group", name: name.slice(6).trim() } : { kind: "user", name };
}

function Change({ model, project, support }: Of & { support: SupportView }) {
  const [opened, setOpened] = useState(false);
  const { own } = support;
  return (
    <>
      <Button size="compact-sm" variant="default" onClick={() => setOpened(true)}>
        Change
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={`Who hears of alerts of ${model ?? project}`} centered closeButtonProps={{ "aria-label": "Close" }}>
        <SchemaForm
          fields={[
            { kind: "choice", name: "level", label: "Support", options: [{ value: "", label: model === undefined ? "as usual (standard)" : "as the project says" }, ...Object.entries(LEVELS).map(([value, label]) => ({ value, label }))] },
            { kind: "text", name: "owner", label: "Who answers for it", description: "A login name, or group:NAME. Empty: who deployed it, then the project's owners." },
            { kind: "text", name: "escalate_to", label: "Escalate to", description: "Of critical models. Empty: the project's owners." },
            { kind: "number", name: "after", label: "After minutes", min: 1, max: 1_440 },
          ]}
          initial={{ level: own.level ?? "", owner: written(own.owner), escalate_to: written(own.escalate_to), after: own.escalate_after }}
          submit="Keep it so"
          onCancel={() => setOpened(false)}
          onSubmit={async ({ level, owner, escalate_to, after }) => {
            const body: SupportRequest = { level: level ? (level as SupportView["level"]) : null, owner: read(owner), escalate_to: read(escalate_to), escalate_after: after === undefined || after === null || after === "" ? null : Number(after) };
            await answerOf(model === undefined ? client.PUT("/api/v1/projects/{project}/support", { params: { path: { project } }, body }) : client.PUT("/api/v1/models/{name}/support", { params: { path: { name: model } }, body }));
            setOpened(false);
            await askAnew("/api/v1/models", "/api/v1/projects");
          }}
        />
      </Modal>
    </>
  );
}
