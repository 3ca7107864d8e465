/** Following a subject: its news come to the inbox. */
import { Button } from "@mantine/core";
import { Bell, BellOff } from "lucide-react";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { askAnew } from "~/api/queries";
import { Fault } from "~/parts/placeholders";

const MOST = 10_000;

export interface Of {
  kind: string;
  name: string;
}

export function Watch({ kind, name }: Of) {
  const answer = $api.useQuery("get", "/api/v1/watches", { params: { query: { limit: MOST } } });
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  if (!answer.data) return null;
  const follows = answer.data.watches.some((watch) => watch.kind === kind && watch.name === name && !watch.muted);

  async function change() {
    setBusy(true);
    setError(undefined);
    const place = { params: { path: { kind, name } } };
    try {
      if (follows) await answerOf(client.DELETE("/api/v1/subjects/{kind}/{name}/watch", place));
      else await answerOf(client.PUT("/api/v1/subjects/{kind}/{name}/watch", { ...place, body: { muted: false } }));
      await askAnew("/api/v1/watches");
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  }

  return (
    <>
      <Button variant="default" loading={busy} onClick={() => void change()} leftSection={follows ? <BellOff size={16} aria-hidden /> : <Bell size={16} aria-hidden />} title={follows ? "Its news come to your inbox" : "Have its news come to your inbox"}>
        {follows ? "Unfollow" : "Follow"}
      </Button>
      <Fault error={error} />
    </>
  );
}
