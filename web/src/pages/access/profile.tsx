/** One's own page: who one is, what one may do, tokens, sessions, the password. */
import { Button, Modal, Tabs } from "@mantine/core";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { useIdentity } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import type { TokenCreated } from "~/api/schema";
import { Action } from "~/parts/action";
import { Code } from "~/parts/copy";
import { Moment } from "~/parts/moment";
import { Card, Facts, Page } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { SchemaForm } from "~/parts/schemaform";
import { Word } from "~/parts/state";
import { DataTable } from "~/parts/table";
import { useView } from "~/parts/view";

export function ProfilePage() {
  const identity = useIdentity();
  const [view, setView] = useView({ tab: "tokens" });
  const isUser = identity?.kind === "user";
  return (
    <Page title={identity?.full_name || identity?.name || "Profile"} says={isUser ? `Login name ${identity.name}` : "The administrator of this installation, known by the server's own machine."}>
      {isUser ? (
        <Tabs value={view.tab} onChange={(tab) => setView({ tab: tab ?? "tokens" })} keepMounted={false}>
          <Tabs.List mb="md">
            <Tabs.Tab value="tokens">Tokens</Tabs.Tab>
            <Tabs.Tab value="sessions">Sessions</Tabs.Tab>
            <Tabs.Tab value="rights">What I may do</Tabs.Tab>
            <Tabs.Tab value="password">Password</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="tokens">
            <Tokens />
          </Tabs.Panel>
          <Tabs.Panel value="sessions">
            <Sessions />
          </Tabs.Panel>
          <Tabs.Panel value="rights">
            <Rights />
          </Tabs.Panel>
          <Tabs.Panel value="password">
            <Password />
          </Tabs.Panel>
        </Tabs>
      ) : (
        <div className="stack">
          <Rights />
          <Sessions />
        </div>
      )}
    </Page>
  );
}

const DAYS = [
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "a year" },
];
const DAY_SECONDS = 86_400;

function Tokens() {
  const tokens = $api.useQuery("get", "/api/v1/tokens", {});
  const [asking, setAsking] = useState(false);
  const [made, setMade] = useState<TokenCreated>();
  const good = (tokens.data?.tokens ?? []).filter(({ revoked_at }) => !revoked_at);
  return (
    <div className="stack">
      <div className="row spread">
        <span className="muted">Programs of yours act with a token: as you, within the bounds that you give it.</span>
        <Button onClick={() => setAsking(true)}>Create a token</Button>
      </div>
      <Answer of={tokens}>
        {() =>
          good.length === 0 ? (
            <Empty title="You have no token">
              <p>Create one for a notebook, a script or the command line.</p>
            </Empty>
          ) : (
            <DataTable
              label="Personal tokens"
              noun={["token", "tokens"]}
              rows={good}
              keyOf={({ id }) => id}
              columns={[
                { name: "name", header: "Name", cell: ({ name }) => name },
                { name: "bounds", header: "Good for", cell: ({ role, permissions, projects, models }) => [role ?? permissions?.join(", ") ?? "all that I may do", projects?.join(", "), models?.join(", ")].filter(Boolean).join(" · ") },
                { name: "used", header: "Last used", cell: ({ last_used_at }) => <Moment time={last_used_at} none="never" /> },
                { name: "ends", header: "Ends", cell: ({ expires_at }) => <Moment time={expires_at} none="never" /> },
                { name: "act", header: "", cell: ({ id, name }) => <Action size="compact-xs" label="Revoke" color="red" before={<>Programs that use {name} are refused within a second.</>} act={() => answerOf(client.DELETE("/api/v1/tokens/{id}", { params: { path: { id } } })).then(() => askAnew("/api/v1/tokens"))} /> },
              ]}
            />
          )
        }
      </Answer>
      <Modal opened={asking} onClose={() => setAsking(false)} title="Create a token" centered closeButtonProps={{ "aria-label": "Close" }}>
        <SchemaForm
          fields={[
            { kind: "text", name: "name", label: "Name", description: "What it is for, so that you know it again.", required: true },
            { kind: "choice", name: "days", label: "Good for", options: DAYS, required: true },
            { kind: "text", name: "project", label: "Project", description: "Leave empty for all that you may see." },
          ]}
          initial={{ days: "90" }}
          submit="Create the token"
          onCancel={() => setAsking(false)}
          onSubmit={async ({ name, days, project }) => {
            const created = await answerOf(
              client.POST("/api/v1/tokens", { body: { name: String(name), expires_in_seconds: Number(days) * DAY_SECONDS, projects: project ? [String(project)] : null } }),
            );
            setAsking(false);
            setMade(created);
            await askAnew("/api/v1/tokens");
          }}
        />
      </Modal>
      <ShownOnce token={made} onClose={() => setMade(undefined)} />
    </div>
  );
}

/** A secret, shown this once. */
export function ShownOnce({ token, onClose }: { token: { name: string; token: string } | undefined; onClose: () => void }) {
  return (
    <Modal opened={token !== undefined} onClose={onClose} title={token ? `${token.name} is ready` : ""} centered closeOnClickOutside={false} size="lg" closeButtonProps={{ "aria-label": "Close" }}>
      {token && (
        <div className="stack">
          <p style={{ margin: 0 }}>Copy it now: it is shown this once, and nobody can look it up later.</p>
          <Code text={token.token} what="Copy the token" />
          <p style={{ margin: 0 }} className="muted">
            In a shell:
          </p>
          <Code text={`export UNSHELF_URL=${location.origin}\nexport UNSHELF_TOKEN=${token.token}`} />
          <Button onClick={onClose} style={{ alignSelf: "flex-end" }}>
            I have copied it
          </Button>
        </div>
      )}
    </Modal>
  );
}

function Sessions() {
  const sessions = $api.useQuery("get", "/api/v1/sessions", {});
  return (
    <Answer of={sessions}>
      {(answer) => (
        <DataTable
          label="Sessions"
          noun={["session", "sessions"]}
          rows={answer.sessions}
          keyOf={({ id }) => id}
          columns={[
            { name: "where", header: "Browser", cell: ({ user_agent, is_current }) => <span title={user_agent}>{is_current ? "This one" : user_agent || "unknown"}</span> },
            { name: "address", header: "Address", cell: ({ address }) => address || "–" },
            { name: "begun", header: "Begun", cell: ({ created_at }) => <Moment time={created_at} /> },
            { name: "used", header: "Last used", cell: ({ last_used_at }) => <Moment time={last_used_at} /> },
            { name: "act", header: "", cell: ({ id, is_current }) => (is_current ? "" : <Action size="compact-xs" label="End" act={() => answerOf(client.DELETE("/api/v1/sessions/{id}", { params: { path: { id } } })).then(() => askAnew("/api/v1/sessions"))} />) },
          ]}
        />
      )}
    </Answer>
  );
}

function Rights() {
  const identity = useIdentity();
  if (!identity) return null;
  const roles = identity.roles.map(({ role, scope_kind, scope, group }) => `${role} on ${scope_kind === "installation" ? "the installation" : `the ${scope_kind} ${scope}`}${group ? ` (as one of ${group})` : ""}`);
  return (
    <Card title="What I may do">
      <Facts
        of={[
          ["Groups", identity.groups.join(", ") || "none"],
          ["Roles", roles.length ? roles.map((role) => <div key={role}>{role}</div>) : identity.role || "none"],
          [
            "Permissions",
            <span key="permissions" className="row" style={{ gap: 4 }}>
              {identity.permissions.map((permission) => (
                <Word key={permission}>{permission}</Word>
              ))}
            </span>,
          ],
        ]}
      />
    </Card>
  );
}

function Password() {
  const [done, setDone] = useState(false);
  return (
    <Card title="Change the password">
      <div style={{ maxWidth: 420 }}>
        {done && <p role="status">The password is changed. Your other sessions have ended.</p>}
        <SchemaForm
          fields={[
            { kind: "secret", name: "current", label: "The one you have", required: true },
            { kind: "secret", name: "new", label: "The new one", description: "At least 12 characters.", required: true },
            { kind: "yes", name: "end_tokens", label: "Revoke my personal tokens too" },
          ]}
          submit="Change the password"
          onSubmit={async (values) => {
            await answerOf(client.PUT("/api/v1/password", { body: { current: String(values.current), new: String(values.new), end_tokens: values.end_tokens === true } }));
            setDone(true);
            await askAnew("/api/v1/sessions", "/api/v1/tokens");
          }}
        />
      </div>
    </Card>
  );
}
