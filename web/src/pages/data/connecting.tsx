/** Connections: made and changed with what their kind takes, and tried by reading from them. */
import { Button, Select, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";

import { answerOf, client } from "~/api/client";
import { askAnew } from "~/api/queries";
import type { DataDetail } from "~/api/schema";
import { counted } from "~/parts/figures";
import { path, useGo } from "~/parts/link";
import { Card } from "~/parts/page";
import { Fault } from "~/parts/placeholders";
import { SchemaForm, type Field, type Values } from "~/parts/schemaform";
import { StateWord } from "~/parts/state";
import { useFirstProject } from "./adding";

export type Kind = "s3" | "sql" | "https" | "local";

const CREDENTIAL = "credential ";
const KINDS: { value: Kind; label: string }[] = [
  { value: "s3", label: "S3 and what speaks like it" },
  { value: "sql", label: "PostgreSQL" },
  { value: "https", label: "Files by HTTPS" },
  { value: "local", label: "A folder of the server" },
];
const SETTINGS: Record<Kind, Field[]> = {
  s3: [text("bucket", "Bucket", true), text("prefix", "Prefix"), text("region", "Region"), text("endpoint", "Endpoint", false, "https://s3.example.org")],
  sql: [text("host", "Host", true), text("port", "Port", false, "5432"), text("database", "Database", true), text("sslmode", "TLS", false, "prefer")],
  https: [text("url", "Address", true, "https://data.example.org/exports")],
  local: [text("folder", "Folder", true, "sales")],
};
const CREDENTIALS: Record<Kind, Field[]> = {
  s3: [secret("access_key_id", "Access key id"), secret("secret_access_key", "Secret access key"), secret("session_token", "Session token")],
  sql: [secret("user", "User"), secret("password", "Password")],
  https: [secret("user", "User"), secret("password", "Password"), secret("token", "Token")],
  local: [],
};
const TRIED_ROWS = 5;

function text(name: string, label: string, required = false, placeholder?: string): Field {
  return { kind: "text", name, label, required, placeholder };
}

function secret(name: string, label: string): Field {
  return { kind: "secret", name: CREDENTIAL + name, label };
}

/** What of a form's values are settings, and what credentials; null: those that it has are kept. */
export function connectionOf(kind: Kind, values: Values): { settings: Record<string, string>; credentials: Record<string, string> | null } {
  const given = (fields: Field[]) => fields.map(({ name }) => [name, String(values[name] ?? "").trim()] as const).filter(([, value]) => value !== "");
  const credentials = Object.fromEntries(given(CREDENTIALS[kind]).map(([name, value]) => [name.slice(CREDENTIAL.length), value]));
  return { settings: Object.fromEntries(given(SETTINGS[kind])), credentials: Object.keys(credentials).length ? credentials : null };
}

/** A new connection, or `data` changed. */
export function ConnectionForm({ projects, data, onDone }: { projects: string[]; data?: DataDetail; onDone: () => void }) {
  const go = useGo();
  const first = useFirstProject(projects);
  const [kind, setKind] = useState<Kind>((data?.connection?.kind as Kind) ?? "s3");
  const isNew = data === undefined;
  const held = data?.connection?.credential_names ?? [];
  const fields: Field[] = [
    ...(isNew ? [text("name", "Name", true, "warehouse")] : []),
    ...SETTINGS[kind],
    ...CREDENTIALS[kind].map((field) => ({ ...field, description: held.length ? "Left empty, all credentials stay as they are." : undefined })),
    ...(isNew ? [{ kind: "choice", name: "project", label: "Project", required: true, options: projects } as Field] : []),
  ];
  return (
    <div className="stack">
      <Select label="Kind" data={KINDS} value={kind} disabled={!isNew} allowDeselect={false} onChange={(chosen) => chosen && setKind(chosen as Kind)} />
      <SchemaForm
        key={kind}
        fields={fields}
        initial={{ project: first, ...data?.connection?.settings }}
        submit={isNew ? "Add the connection" : "Change the connection"}
        onCancel={onDone}
        onSubmit={async (values) => {
          const name = data?.name ?? String(values["name"]);
          await answerOf(client.PUT("/api/v1/data/{name}/connection", { params: { path: { name } }, body: { kind, ...connectionOf(kind, values), ...(isNew ? { project: String(values["project"]) } : {}) } }));
          await askAnew("/api/v1/data");
          onDone();
          go(path`/data/${name}`);
        }}
      >
        <p className="small muted" style={{ margin: 0 }}>Credentials are sealed with the server's key. Nobody sees them again, the administrator included.</p>
      </SchemaForm>
    </div>
  );
}

/** Whether something can be read through a connection: a few rows are, by a process of its own. */
export function TryConnection({ name, kind }: { name: string; kind: string }) {
  const [place, setPlace] = useState("");
  const [busy, setBusy] = useState(false);
  const [rows, setRows] = useState<number>();
  const [error, setError] = useState<unknown>();

  async function read(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    setRows(undefined);
    try {
      const asked = client.GET("/api/v1/data/{name}/rows", { params: { path: { name }, query: { path: place, rows: TRIED_ROWS } }, parseAs: "arrayBuffer" });
      const { response } = await asked;
      await answerOf(asked);
      setRows(Number(response.headers.get("X-Rows")));
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Card title="Test the connection">
      <form onSubmit={(event) => void read(event)}>
        <div className="stack">
          <div className="row" style={{ alignItems: "flex-end" }}>
            <TextInput label={kind === "sql" ? "Table" : "Path"} required placeholder={kind === "sql" ? "public.orders" : "2026/orders.parquet"} value={place} onChange={(event) => setPlace(event.currentTarget.value)} autoComplete="off" style={{ flex: 1, minWidth: 200 }} />
            <Button type="submit" variant="default" loading={busy} disabled={!place}>
              Read {counted(TRIED_ROWS, "row")}
            </Button>
          </div>
          {rows !== undefined && (
            <div role="status">
              <StateWord state="ok">{`${counted(rows, "row")} came`}</StateWord>
            </div>
          )}
          <Fault error={error} />
        </div>
      </form>
    </Card>
  );
}
