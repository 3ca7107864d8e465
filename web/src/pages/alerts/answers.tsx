/** Answers to an alert: I have it, not now, somebody else has it. */
import { Button, Menu, Modal } from "@mantine/core";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import type { AlertShown } from "~/api/schema";
import { Action } from "~/parts/action";
import { Fault } from "~/parts/placeholders";
import { SchemaForm } from "~/parts/schemaform";

const HOUR = 3_600;
const SPANS: [string, number][] = [["For an hour", HOUR], ["For a day", 24 * HOUR], ["For a week", 168 * HOUR], ["For 30 days", 720 * HOUR]];
const MOST = 1_000;
const after = () => askAnew("/api/v1/alerts", "/api/v1/subjects");

export function Answers({ alert }: { alert: AlertShown }) {
  const at = { params: { path: { id: alert.id } } };
  return (
    <>
      {alert.status === "new" && <Action label="I look after it" variant="filled" act={() => answerOf(client.POST("/api/v1/alerts/{id}/acknowledge", at)).then(after)} />}
      {alert.status === "snoozed" && <Action label="End the snooze" act={() => answerOf(client.DELETE("/api/v1/alerts/{id}/snooze", at)).then(after)} />}
      {alert.status === "ignored" && <Action label="Heed it again" act={() => answerOf(client.DELETE("/api/v1/alerts/{id}/ignored", at)).then(after)} />}
      {(alert.status === "new" || alert.status === "acknowledged") && <Snooze id={alert.id} />}
      <Assign alert={alert} />
    </>
  );
}

function Snooze({ id }: { id: string }) {
  const [error, setError] = useState<unknown>();
  async function snooze(seconds: number) {
    try {
      await answerOf(client.PUT("/api/v1/alerts/{id}/snooze", { params: { path: { id } }, body: { seconds } }));
      await after();
    } catch (problem) {
      setError(problem);
    }
  }
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default">Snooze</Button>
        </Menu.Target>
        <Menu.Dropdown>
          {SPANS.map(([label, seconds]) => (
            <Menu.Item key={label} onClick={() => void snooze(seconds)}>
              {label}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Fault error={error} />
    </>
  );
}

function Assign({ alert }: { alert: AlertShown }) {
  const [opened, setOpened] = useState(false);
  const may = useMay();
  const names = $api.useQuery("get", "/api/v1/groups", { params: { query: { limit: MOST } } }, { enabled: opened && may("users.read") }).data?.groups ?? [];
  const at = { params: { path: { id: alert.id } } };
  return (
    <>
      <Button variant="default" onClick={() => setOpened(true)}>
        {alert.assignee ? "Give it to somebody else" : "Give it to somebody"}
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title="Give the alert to somebody" centered closeButtonProps={{ "aria-label": "Close" }}>
        <SchemaForm
          fields={[
            { kind: "choice", name: "kind", label: "To", options: [{ value: "user", label: "a person" }, { value: "group", label: "a group" }, ...(alert.assignee ? [{ value: "nobody", label: "nobody in particular" }] : [])], required: true },
            { kind: "text", name: "name", label: "Name", description: names.length ? `Groups: ${names.map(({ name }) => name).join(", ")}` : "The login name, or the name of the group." },
          ]}
          initial={{ kind: "user", name: "" }}
          submit="Give it away"
          onCancel={() => setOpened(false)}
          onSubmit={async ({ kind, name }) => {
            if (kind === "nobody") await answerOf(client.DELETE("/api/v1/alerts/{id}/assignee", at));
            else await answerOf(client.PUT("/api/v1/alerts/{id}/assignee", { ...at, body: { kind: kind === "group" ? "group" : "user", name: String(name) } }));
            setOpened(false);
            await after();
          }}
        />
      </Modal>
    </>
  );
}
