/** Groups: people who get roles together. */
import { Button, Modal } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import { Action } from "~/parts/action";
import { counted } from "~/parts/figures";
import { path, useGo } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Page } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { SchemaForm } from "~/parts/schemaform";
import { StateWord } from "~/parts/state";
import { Person } from "~/parts/subject";
import { DataTable } from "~/parts/table";
import { USER_STATES } from "./users";

const MOST = 10_000;
const INSTALLATION = { installation: true };
const after = () => askAnew("/api/v1/groups", "/api/v1/whoami");

export function GroupsPage() {
  const answer = $api.useQuery("get", "/api/v1/groups", { params: { query: { limit: MOST } } });
  return (
    <Page title="Groups" says={answer.data && counted(answer.data.groups.length, "group")} actions={<NewGroup />}>
      <Answer of={answer}>
        {({ groups }) =>
          groups.length === 0 ? (
            <Empty title="There is no group yet">
              <p>A role that a group has is had by everybody in it.</p>
            </Empty>
          ) : (
            <DataTable
              label="Groups"
              noun={["group", "groups"]}
              rows={groups}
              keyOf={({ id }) => id}
              hrefOf={({ name }) => path`/groups/${name}`}
              columns={[
                { name: "name", header: "Group", cell: ({ name }) => name },
                { name: "description", header: "What it is for", cell: ({ description }) => description || "–" },
                { name: "by", header: "Made by", cell: ({ created_by }) => <Person actor={created_by} /> },
                { name: "at", header: "Made", cell: ({ created_at }) => <Moment time={created_at} /> },
              ]}
            />
          )
        }
      </Answer>
    </Page>
  );
}

function NewGroup() {
  const may = useMay();
  const go = useGo();
  const [opened, setOpened] = useState(false);
  if (!may("users.manage", INSTALLATION)) return null;
  return (
    <>
      <Button onClick={() => setOpened(true)}>Make a group</Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title="Make a group" centered closeButtonProps={{ "aria-label": "Close" }}>
        <SchemaForm
          fields={[
            { kind: "text", name: "name", label: "Name", required: true },
            { kind: "text", name: "description", label: "What it is for" },
          ]}
          submit="Make the group"
          onCancel={() => setOpened(false)}
          onSubmit={async ({ name, description }) => {
            const made = await answerOf(client.POST("/api/v1/groups", { body: { name: String(name), description: String(description ?? "") } }));
            await after();
            go(path`/groups/${made.name}`);
          }}
        />
      </Modal>
    </>
  );
}

export function GroupPage() {
  const { group } = useParams({ strict: false }) as { group: string };
  const go = useGo();
  const call = { params: { path: { group } } };
  const answer = $api.useQuery("get", "/api/v1/groups/{group}", call);
  return (
    <Page
      title={group}
      within={[["Groups", "/groups"]]}
      says={answer.data?.group.description}
      actions={
        answer.data && (
          <>
            <Action
              label="Remove the group"
              color="red"
              permission="users.manage"
              on={INSTALLATION}
              typed={group}
              before={<>{counted(answer.data.members.length, "member loses", "members lose")} the roles that the group has, everywhere within a second.</>}
              act={async () => {
                await answerOf(client.DELETE("/api/v1/groups/{group}", call));
                await after();
                go("/groups");
              }}
            />
            <AddMember group={group} />
          </>
        )
      }
    >
      <Answer of={answer}>
        {({ members }) =>
          members.length === 0 ? (
            <Empty title="Nobody is in it yet" />
          ) : (
            <DataTable
              label="Members of the group"
              noun={["member", "members"]}
              rows={members}
              keyOf={({ name }) => name}
              hrefOf={({ name }) => path`/users/${name}`}
              columns={[
                { name: "name", header: "Login name", cell: ({ name }) => name },
                { name: "full", header: "Name", cell: ({ full_name }) => full_name || "–" },
                { name: "status", header: "State", cell: ({ status }) => <StateWord state={USER_STATES[status] ?? "unknown"}>{status}</StateWord> },
                {
                  name: "act",
                  header: "",
                  cell: ({ name }) => (
                    <Action size="compact-xs" label="Take out" permission="users.manage" on={INSTALLATION} before={<>{name} loses the roles that the group has.</>} act={() => answerOf(client.DELETE("/api/v1/groups/{group}/members/{user}", { params: { path: { group, user: name } } })).then(after)} />
                  ),
                },
              ]}
            />
          )
        }
      </Answer>
    </Page>
  );
}

function AddMember({ group }: { group: string }) {
  const may = useMay();
  const [opened, setOpened] = useState(false);
  if (!may("users.manage", INSTALLATION)) return null;
  return (
    <>
      <Button onClick={() => setOpened(true)}>Put somebody in</Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={`Put somebody into ${group}`} centered closeButtonProps={{ "aria-label": "Close" }}>
        <SchemaForm
          fields={[{ kind: "text", name: "user", label: "Login name", required: true }]}
          submit="Put them in"
          onCancel={() => setOpened(false)}
          onSubmit={async ({ user }) => {
            await answerOf(client.PUT("/api/v1/groups/{group}/members/{user}", { params: { path: { group, user: String(user) } } }));
            await after();
            setOpened(false);
          }}
        />
      </Modal>
    </>
  );
}
