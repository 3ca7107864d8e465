/** Logging in: by name and password, or with the identity provider. */
import { Alert, Button, PasswordInput, TextInput } from "@mantine/core";
import { useSearch } from "@tanstack/react-router";
import { TriangleAlert } from "lucide-react";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { queries } from "~/api/queries";
import { noteSession } from "~/api/session";
import mark from "~/app/mark.svg";
import { Code } from "~/parts/copy";
import { Fault } from "~/parts/placeholders";
import { Forgotten } from "./forgotten";

export function LoginPage() {
  const { problem } = useSearch({ strict: false }) as { problem?: unknown };
  return (
    <main style={{ maxWidth: 380, margin: "12vh auto 0", padding: 16 }} className="stack">
      <title>Log in · Unshelf</title>
      <div className="row">
        <img src={mark} width={32} height={32} alt="" />
        <h1 style={{ margin: 0, fontSize: 20 }}>Log in to Unshelf</h1>
      </div>
      {problem === "link" && (
        <Alert color="yellow" variant="outline" icon={<TriangleAlert size={16} aria-hidden />} role="alert">
          This link was used, or has expired. Each is good once, within ten minutes.
        </Alert>
      )}
      <div className="card">
        <LoginForm onDone={() => queries.resetQueries()} />
      </div>
      <details>
        <summary>On the machine that the server runs on</summary>
        <p className="muted small">This opens the pages as the administrator, without a password:</p>
        <Code text="unshelf open" />
      </details>
    </main>
  );
}

/** The form alone: the login page has it, and the dialog over a page whose session ended. */
export function LoginForm({ onDone, inDialog = false }: { onDone: () => unknown; inDialog?: boolean }) {
  const methods = $api.useQuery("get", "/api/v1/session/methods", {}, { staleTime: Infinity });
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const provider = methods.data?.provider;

  async function logIn() {
    setBusy(true);
    setError(undefined);
    try {
      const session = await answerOf(client.POST("/api/v1/session", { body: { name: name.trim(), password } }));
      noteSession(session.csrf_token);
      await onDone();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  }

  return (
    <div className="stack">
      {provider && (
        <Button
          component="a"
          href={inDialog ? "/" : `${provider.url}?return_to=${encodeURIComponent(location.pathname + location.search)}`}
          target={inDialog ? "_blank" : undefined}
          variant="default"
        >
          {provider.label}
        </Button>
      )}
      {methods.data?.password !== false && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void logIn();
          }}
          className="stack"
        >
          <TextInput label="Login name" value={name} onChange={(event) => setName(event.currentTarget.value)} autoComplete="username" autoCapitalize="none" required withAsterisk={false} autoFocus />
          <PasswordInput label="Password" value={password} onChange={(event) => setPassword(event.currentTarget.value)} autoComplete="current-password" required withAsterisk={false} />
          <Fault error={error} />
          <Button type="submit" loading={busy}>
            Log in
          </Button>
          {methods.data?.password_reset && !inDialog && <Forgotten name={name.trim()} />}
        </form>
      )}
    </div>
  );
}
