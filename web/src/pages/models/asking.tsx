/** Asking for access to a model that one sees and may not use. */
import { Button, Modal } from "@mantine/core";
import { useState } from "react";

import { answerOf, client } from "~/api/client";
import { askAnew } from "~/api/queries";
import { useGo, path } from "~/parts/link";
import { SchemaForm } from "~/parts/schemaform";

export function AskForAccess({ model }: { model: string }) {
  const [opened, setOpened] = useState(false);
  const go = useGo();
  return (
    <>
      <Button variant="default" onClick={() => setOpened(true)}>
        Request access
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={`Request access to ${model}`} centered closeButtonProps={{ "aria-label": "Close" }}>
        <SchemaForm
          fields={[
            { kind: "choice", name: "role", label: "What you want to do", required: true, options: [{ value: "caller", label: "Call it" }, { value: "viewer", label: "Look at it" }, { value: "contributor", label: "Deploy versions of it" }] },
            { kind: "long", name: "reason", label: "What for", required: true, description: "Its owners read this when they decide." },
          ]}
          initial={{ role: "caller" }}
          submit="Request access"
          onCancel={() => setOpened(false)}
          onSubmit={async ({ role, reason }) => {
            const made = await answerOf(client.POST("/api/v1/requests", { body: { kind: "access", model, reason: String(reason), wanted: { role: String(role) } } }));
            await askAnew("/api/v1/requests");
            go(path`/requests/${made.id}`);
          }}
        />
      </Modal>
    </>
  );
}
