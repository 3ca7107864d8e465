/** Secrets of a project: their names. Values are set, and never shown again. */
import { Button, Modal } from "@mantine/core";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import { Action } from "~/parts/action";
import { Moment } from "~/parts/moment";
import { Card } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { SchemaForm } from "~/parts/schemaform";
import { StateWord } from "~/parts/state";
import { Person } from "~/parts/subject";
import { DataTable } from "~/parts/table";

const after = () => askAnew("/api/v1/projects", "/api/v1/secrets");

export function SecretsTab({ project }: { project: string }) {
  const answer = $api.useQuery("get", "/api/v1/projects/{project}/secrets", { params: { path: { project } } });
  const may = useMay();
  return (
    <Card title="Secrets" aside={may("secrets.manage", { project }) && <SetSecret of={project} set={(name, value) => answerOf(client.PUT("/api/v1/projects/{project}/secrets/{name}", { params: { path: { project, name } }, body: { value } }))} />}>
      <p className="muted prose" style={{ marginTop: 0 }}>
        The programs of all models of the project get each as an environment variable, where the model has none of its own of that name. Nobody can read a value.
      </p>
      <Answer of={answer} lines={3}>
        {({ secrets }) =>
          secrets.length === 0 ? (
            <Empty title="No secret is set">
              <p>A password or token that models need at run time belongs here, not into their files.</p>
            </Empty>
          ) : (
            <DataTable
              label="Secrets"
              noun={["secret", "secrets"]}
              rows={secrets}
              keyOf={({ name }) => name}
              columns={[
                { name: "name", header: "Name", cell: ({ name }) => <span className="mono">{name}</span> },
                { name: "state", header: "State", cell: ({ readable }) => (readable ? <StateWord state="ok">set</StateWord> : <StateWord state="failing">set it again: its key is lost</StateWord>) },
                { name: "source", header: "Kept", cell: ({ source }) => source || "here" },
                { name: "by", header: "Set by", cell: ({ set_by }) => <Person actor={set_by} /> },
                { name: "at", header: "Set", cell: ({ set_at }) => <Moment time={set_at} /> },
                { name: "act", header: "", cell: ({ name, source }) => !source && <Action size="compact-xs" label="Delete" permission="secrets.manage" on={{ project }} color="red" before={<>Workers that run are replaced by such that do not have {name}.</>} act={() => answerOf(client.DELETE("/api/v1/projects/{project}/secrets/{name}", { params: { path: { project, name } } })).then(after)} /> },
              ]}
            />
          )
        }
      </Answer>
    </Card>
  );
}

/** A button that sets a secret of a project or a model. */
export function SetSecret({ of, set }: { of: string; set: (name: string, value: string) => Promise<unknown> }) {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button variant="default" size="xs" onClick={() => setOpened(true)}>
        Set a secret
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={`Set a secret of ${of}`} centered closeButtonProps={{ "aria-label": "Close" }}>
        <SchemaForm
          fields={[
            { kind: "text", name: "name", label: "Name", required: true, placeholder: "DATABASE_PASSWORD", description: "The environment variable by which programs read it." },
            { kind: "secret", name: "value", label: "Value", required: true, description: "It replaces an earlier one, and is not shown again." },
          ]}
          submit="Set the secret"
          onCancel={() => setOpened(false)}
          onSubmit={async ({ name, value }) => {
            await set(String(name), String(value));
            setOpened(false); // first, so that the value leaves the page
            await askAnew("/api/v1/projects", "/api/v1/secrets", "/api/v1/models");
          }}
        />
      </Modal>
    </>
  );
}
