/** Setting a password by the link of an invitation. The link's secret stands behind the #, which no server sees. */
import { Button, PasswordInput } from "@mantine/core";
import { useState } from "react";

import { answerOf, client } from "~/api/client";
import { Fault } from "~/parts/placeholders";

const LEAST = 12;

export function PasswordPage() {
  const [link] = useState(() => location.hash.slice(1));
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState(false);
  const [error, setError] = useState<unknown>();

  async function set() {
    setBusy(true);
    setError(undefined);
    try {
      await answerOf(client.POST("/api/v1/password/link", { body: { link, password } }));
      history.replaceState(null, "", "/password");
      setDone(true);
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  }

  return (
    <main style={{ maxWidth: 380, margin: "12vh auto 0", padding: 16 }} className="stack">
      <title>Set a password · Unshelf</title>
      <h1 style={{ margin: 0, fontSize: 20 }}>{done ? "Your password is set" : "Set your password"}</h1>
      <div className="card">
        {done ? (
          <Button component="a" href="/">
            Log in
          </Button>
        ) : link ? (
          <form
            className="stack"
            onSubmit={(event) => {
              event.preventDefault();
              void set();
            }}
          >
            <PasswordInput label="Password" description={`At least ${LEAST} characters, and not your login name.`} value={password} onChange={(event) => setPassword(event.currentTarget.value)} autoComplete="new-password" required withAsterisk={false} />
            <PasswordInput label="The same again" value={again} onChange={(event) => setAgain(event.currentTarget.value)} autoComplete="new-password" required withAsterisk={false} error={again && again !== password ? "The two differ." : undefined} />
            <Fault error={error} />
            <Button type="submit" loading={busy} disabled={password.length < LEAST || again !== password}>
              Set the password
            </Button>
          </form>
        ) : (
          <p style={{ margin: 0 }}>This page is opened by the link of an invitation. Ask who invited you for a new one.</p>
        )}
      </div>
    </main>
  );
}
