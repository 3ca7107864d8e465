/** Setting a password by the link of an invitation, which logs in at once. The link's secret stands behind the #, which no server sees. */
import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useState } from "react";

import { answerOf, client } from "~/api/client";
import mark from "~/app/mark.svg";
import { Fault } from "~/parts/placeholders";

const LEAST = 12;

export function PasswordPage() {
  const [link] = useState(() => location.hash.slice(1));
  const [name] = useState(() => new URLSearchParams(location.search).get("name") ?? "");
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
      if (name && (await client.POST("/api/v1/session", { body: { name, password } })).data) location.assign("/");
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  }

  return (
    <main style={{ maxWidth: 380, margin: "12vh auto 0", padding: 16 }} className="stack">
      <title>Set a password · Unshelf</title>
      <div className="row">
        <img src={mark} width={32} height={32} alt="" />
        <h1 style={{ margin: 0, fontSize: 20 }}>{done ? "Your password is set" : link ? "Welcome to Unshelf" : "Set your password"}</h1>
      </div>
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
            <p className="muted" style={{ margin: 0 }}>Set a password to begin.{name && " You log in with it and your login name."}</p>
            {name && <TextInput label="Your login name" value={name} readOnly autoComplete="username" />}
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
