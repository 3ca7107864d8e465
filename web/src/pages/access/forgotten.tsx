/** For who has forgotten a password: a link by e-mail. Nobody learns here whether there is such an account. */
import { Button } from "@mantine/core";
import { useState } from "react";

import { answerOf, client } from "~/api/client";
import { Fault } from "~/parts/placeholders";

export function Forgotten({ name }: { name: string }) {
  const [busy, setBusy] = useState(false);
  const [asked, setAsked] = useState("");
  const [error, setError] = useState<unknown>();

  async function ask() {
    setBusy(true);
    setError(undefined);
    try {
      await answerOf(client.POST("/api/v1/password/forgotten", { body: { name } }));
      setAsked(name);
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  }

  if (asked)
    return (
      <p role="status" className="small" style={{ margin: 0 }}>
        If {asked} has a password and an e-mail address here, a link to set a new one is on its way. Else ask an administrator for one.
      </p>
    );
  return (
    <div className="stack">
      <Button variant="subtle" size="compact-sm" onClick={() => void ask()} loading={busy} disabled={!name} style={{ alignSelf: "flex-start" }}>
        Forgot your password?
      </Button>
      {!name && <p className="muted small" style={{ margin: 0 }}>Type your login name, and a link to set a new one can be mailed to you.</p>}
      <Fault error={error} />
    </div>
  );
}
