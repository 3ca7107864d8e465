/** Who may do what in a project. */
import { Button, Modal } from "@mantine/core";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import { Action } from "~/parts/action";
import { Moment } from "~/parts/moment";
import { Answer, Empty } from "~/parts/placeholders";
import { SchemaForm } from "~/parts/schemaform";
import { DataTable } from "~/parts/table";

const DAY_SECONDS = 86_400;

export function MembersTab({ project }: { project: string }) {
  const answer = $api.useQuery("get", "/api/v1/projects/{project}/members", { params: { path: { project } } });
  return (
    <div className="stack">
      <div className="row spread">
        <span className="muted">A role here counts for the project and all its models.</span>
        <Grant project={project} />
      </div>
      <Answer of={answer}>
        {({ members }) =>
          members.length === 0 ? (
            <Empty title="Nobody has a role here">
              <p>Administrators of the installation may do everything all the same.</p>
            </Empty>
          ) : (
            <DataTable
              label="Members"
              noun={["role", "roles"]}
              rows={members}
              keyOf={({ id }) => id}
              columns={[
                { name: "name", header: "Who", cell: ({ name, kind }) => (kind === "group" ? `${name} (group)` : name) },
                { name: "role", header: "Role", cell: ({ role }) => role },
                { name: "ends", header: "Ends", cell: ({ expires_at }) => <Moment time={expires_at} none="never" /> },
                { name: "source", header: "From", cell: ({ source }) => (source === "provider" ? "the identity provider" : "here") },
                {
                  name: "act",
                  header: "",
                  cell: ({ id, name, role }) => (
                    <Action size="compact-xs" label="Take away" permission="members.manage" on={{ project }} before={<>{name} is no longer {role} here, within a second.</>} act={() => answerOf(client.DELETE("/api/v1/members/{id}", { params: { path: { id } } })).then(() => askAnew("/api/v1/projects", "/api/v1/whoami"))} />
                  ),
                },
              ]}
            />
          )
        }
      </Answer>
    </div>
  );
}

function Grant({ project }: { project: string }) {
  const may = useMay();
  const [opened, setOpened] = useState(false);
  const roles = $api.useQuery("get", "/api/v1/roles", {});
  if (!may("members.manage", { project })) return null;
  const options = (roles.data?.roles ?? []).filter(({ kinds }) => kinds.includes("project")).map(({ name, description }) => ({ value: name, label: `${name}: ${description}` }));
  return (
    <>
      <Button onClick={() => setOpened(true)}>Grant a role</Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title="Grant a role" centered closeButtonProps={{ "aria-label": "Close" }}>
        <SchemaForm
          fields={[
            { kind: "choice", name: "kind", label: "To", options: [{ value: "user", label: "A person" }, { value: "group", label: "A group" }], required: true },
            { kind: "text", name: "name", label: "Name", description: "The login name of a person, or the name of a group.", required: true },
            { kind: "choice", name: "role", label: "Role", options, required: true },
            { kind: "number", name: "days", label: "Ends after", unit: "days", min: 1, description: "Leave empty for a role that stays." },
          ]}
          initial={{ kind: "user" }}
          submit="Grant the role"
          onCancel={() => setOpened(false)}
          onSubmit={async ({ kind, name, role, days }) => {
            const body = { kind: kind as "user" | "group", name: String(name), role: String(role), expires_in_seconds: typeof days === "number" ? days * DAY_SECONDS : null };
            await answerOf(client.POST("/api/v1/projects/{project}/members", { params: { path: { project } }, body }));
            await askAnew("/api/v1/projects");
            setOpened(false);
          }}
        />
      </Modal>
    </>
  );
}
