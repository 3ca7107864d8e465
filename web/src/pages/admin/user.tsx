/** One account: who it is, what they would leave behind, and the acts on it. */
import { Button, Modal } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { askAnew } from "~/api/queries";
import type { PasswordLink } from "~/api/schema";
import { Action } from "~/parts/action";
import { Moment } from "~/parts/moment";
import { Card, Facts, Page } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { SchemaForm } from "~/parts/schemaform";
import { StateWord } from "~/parts/state";
import { Person } from "~/parts/subject";
import { DataTable } from "~/parts/table";
import { LinkShownOnce, USER_STATES } from "./users";

const INSTALLATION = { installation: true };

export function UserPage() {
  const { user: name } = useParams({ strict: false }) as { user: string };
  const call = { params: { path: { user: name } } };
  const answer = $api.useQuery("get", "/api/v1/users/{user}", call);
  const belongings = $api.useQuery("get", "/api/v1/users/{user}/belongings", call);
  const [link, setLink] = useState<PasswordLink>();
  const user = answer.data;
  const after = () => askAnew("/api/v1/users");
  async function withLink(asked: Promise<PasswordLink>) {
    setLink(await asked);
    await after();
  }
  return (
    <Page
      title={user?.full_name || name}
      within={[["Users", "/users"]]}
      says={user && <StateWord state={USER_STATES[user.status] ?? "unknown"}>{user.status}</StateWord>}
      actions={
        user &&
        (user.status === "deactivated" ? (
          <Action label="Activate" permission="users.manage" on={INSTALLATION} before={<>They get the roles of before. Tokens and sessions stay ended.</>} act={() => withLink(answerOf(client.POST("/api/v1/users/{user}/activate", call)))} />
        ) : (
          <>
            <Action label={user.status === "invited" ? "Make a new invitation" : "Let them set a new password"} permission="users.manage" on={INSTALLATION} before={<>Links that were made before end. Who has the new one has the account.</>} act={() => withLink(answerOf(client.POST("/api/v1/users/{user}/link", call)))} />
            <Deactivate name={name} needsHeir={belongings.data?.belongings.some(({ needs_heir }) => needs_heir) ?? false} />
          </>
        ))
      }
    >
      <Answer of={answer}>
        {(found) => (
          <div className="grid">
            <Card title="The account">
              <Facts of={[["Login name", found.name], ["E-mail", found.email || "–"], ["Logs in with", found.issuer ?? "a password"], ["Last login", <Moment key="login" time={found.last_login_at} none="never" />], ["Made", <span key="made"><Moment time={found.created_at} /> by <Person actor={found.created_by} /></span>]]} />
            </Card>
            <Card title="What they answer for">
              <Answer of={belongings} lines={3}>
                {(all) =>
                  all.belongings.length === 0 ? (
                    <p className="muted">Nothing that would be left behind.</p>
                  ) : (
                    <DataTable label="What they answer for" noun={["thing", "things"]} height="400px" rows={all.belongings} keyOf={({ kind, name: of }) => `${kind} ${of}`} columns={[{ name: "what", header: "What", cell: ({ description }) => description }, { name: "heir", header: "Needs somebody", cell: ({ needs_heir }) => (needs_heir ? "yes" : "no") }]} />
                  )
                }
              </Answer>
            </Card>
          </div>
        )}
      </Answer>
      <LinkShownOnce link={link} onClose={() => setLink(undefined)} />
    </Page>
  );
}

function Deactivate({ name, needsHeir }: { name: string; needsHeir: boolean }) {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button variant="default" onClick={() => setOpened(true)}>
        Deactivate
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={`Deactivate ${name}`} centered closeButtonProps={{ "aria-label": "Close" }}>
        <p style={{ marginTop: 0 }}>Their sessions, tokens and calls end everywhere within a second. The account stays, and can be activated again.</p>
        <SchemaForm
          fields={[
            { kind: "text", name: "to", label: "Hand over to", description: needsHeir ? "Some of what they answer for needs somebody." : "A login name; leave empty if nothing is to be handed over.", required: needsHeir },
            { kind: "text", name: "reason", label: "Why (kept in the log)" },
          ]}
          submit={`Deactivate ${name}`}
          onCancel={() => setOpened(false)}
          onSubmit={async ({ to, reason }) => {
            await answerOf(client.POST("/api/v1/users/{user}/deactivate", { params: { path: { user: name } }, body: { to: to ? String(to) : null, reason: String(reason ?? "") } }));
            await askAnew("/api/v1/users");
            setOpened(false);
          }}
        />
      </Modal>
    </>
  );
}
