/** The accounts of people. */
import { Button, Modal } from "@mantine/core";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import type { PasswordLink, UserSummary } from "~/api/schema";
import { Code } from "~/parts/copy";
import { counted } from "~/parts/figures";
import { ChoiceFilter, FilterBar, TextFilter } from "~/parts/filters";
import { path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Page } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { SchemaForm } from "~/parts/schemaform";
import { StateWord, type State } from "~/parts/state";
import { DataTable, type Column } from "~/parts/table";
import { useView } from "~/parts/view";

const MOST = 10_000;
export const USER_STATES: Record<string, State> = { active: "ok", invited: "attention", deactivated: "unknown" };

const COLUMNS: Column<UserSummary>[] = [
  { name: "name", header: "Login name", cell: ({ name }) => name },
  { name: "full", header: "Name", cell: ({ full_name }) => full_name || "–" },
  { name: "state", header: "State", cell: ({ status }) => <StateWord state={USER_STATES[status] ?? "unknown"}>{status}</StateWord> },
  { name: "email", header: "E-mail", cell: ({ email }) => email || "–" },
  { name: "login", header: "Last login", cell: ({ last_login_at }) => <Moment time={last_login_at} none="never" /> },
  { name: "source", header: "Logs in with", cell: ({ issuer }) => (issuer ? "the identity provider" : "a password") },
];

export function UsersPage() {
  const [view, setView] = useView({ q: "", status: "" });
  const answer = $api.useQuery("get", "/api/v1/users", { params: { query: { limit: MOST, status: (view.status || undefined) as undefined } } });
  const text = view.q.toLowerCase();
  const all = answer.data?.users ?? [];
  const rows = all.filter(({ name, full_name, email }) => `${name} ${full_name} ${email}`.toLowerCase().includes(text));
  return (
    <Page title="Users" says={answer.data && counted(all.length, "account")} actions={<Invite />}>
      <FilterBar>
        <TextFilter label="Filter by name or e-mail" value={view.q} onChange={(q) => setView({ q })} />
        <ChoiceFilter label="State" all="Any state" value={view.status} options={["active", "invited", "deactivated"]} onChange={(status) => setView({ status })} />
      </FilterBar>
      <Answer of={answer}>
        {() =>
          rows.length === 0 ? (
            <Empty title={all.length ? "Nobody is like this" : "Nobody is invited yet"}>
              <p>Invite people: each gets a link, good once, to set a password by.</p>
            </Empty>
          ) : (
            <DataTable label="Users" noun={["account", "accounts"]} rows={rows} columns={COLUMNS} keyOf={({ id }) => id} hrefOf={({ name }) => path`/users/${name}`} />
          )
        }
      </Answer>
    </Page>
  );
}

function Invite() {
  const may = useMay();
  const [opened, setOpened] = useState(false);
  const [made, setMade] = useState<PasswordLink>();
  const roles = $api.useQuery("get", "/api/v1/roles", {});
  if (!may("users.manage", { installation: true })) return null;
  const options = (roles.data?.roles ?? []).map(({ name, description }) => ({ value: name, label: `${name}: ${description}` }));
  return (
    <>
      <Button onClick={() => setOpened(true)}>Invite somebody</Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title="Invite somebody" centered closeButtonProps={{ "aria-label": "Close" }}>
        <SchemaForm
          fields={[
            { kind: "text", name: "name", label: "Login name", description: "It stays theirs for good.", required: true },
            { kind: "text", name: "full_name", label: "Name" },
            { kind: "text", name: "email", label: "E-mail" },
            { kind: "choice", name: "role", label: "Role", options },
            { kind: "text", name: "project", label: "In the project", description: "Leave empty for a role on the whole installation." },
          ]}
          submit="Invite"
          onCancel={() => setOpened(false)}
          onSubmit={async ({ name, full_name, email, role, project }) => {
            const body = { name: String(name), full_name: String(full_name ?? ""), email: String(email ?? ""), role: role ? String(role) : null, project: project ? String(project) : null };
            const link = await answerOf(client.POST("/api/v1/users", { body }));
            setOpened(false);
            setMade(link);
            await askAnew("/api/v1/users");
          }}
        />
      </Modal>
      <LinkShownOnce link={made} onClose={() => setMade(undefined)} />
    </>
  );
}

/** The link by which somebody sets a password, shown this once. */
export function LinkShownOnce({ link, onClose }: { link: PasswordLink | undefined; onClose: () => void }) {
  return (
    <Modal opened={link !== undefined} onClose={onClose} title={link ? `The link for ${link.user.name}` : ""} centered closeOnClickOutside={false} size="lg" closeButtonProps={{ "aria-label": "Close" }}>
      {link && (
        <div className="stack">
          {link.url ? (
            <>
              <p style={{ margin: 0 }}>
                Send it to them: who has it sets the password of this account. It is good once, ends <Moment time={link.expires_at} />, and is shown this once.
              </p>
              <Code text={link.url} what="Copy the link" />
              {link.is_mailed && <p style={{ margin: 0 }}>Another one goes to {link.user.email} by e-mail.</p>}
            </>
          ) : (
            <p style={{ margin: 0 }}>They log in with the identity provider; no link is needed.</p>
          )}
          <Button onClick={onClose} style={{ alignSelf: "flex-end" }}>
            Done
          </Button>
        </div>
      )}
    </Modal>
  );
}
