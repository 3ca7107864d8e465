/** The web pages whose scripts may call a model from a browser. */
import { Button, Modal } from "@mantine/core";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import type { ModelDetail } from "~/api/schema";
import { Action } from "~/parts/action";
import { Copyable } from "~/parts/copy";
import { Card } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { SchemaForm } from "~/parts/schemaform";

type Change = { allow?: string[]; remove?: string[]; reason?: string };

async function change(name: string, body: Change) {
  await answerOf(client.PATCH("/api/v1/models/{name}/origins", { params: { path: { name } }, body }));
  void askAnew("/api/v1/models");
}

export function Origins({ model: { name, project } }: { model: ModelDetail }) {
  const answer = $api.useQuery("get", "/api/v1/models/{ref}/origins", { params: { path: { ref: name } } });
  const may = useMay();
  const place = { model: name, project };
  return (
    <Card title="Web pages that may call it" aside={may("model.release", place) && <Allow model={name} />}>
      <p className="muted prose" style={{ marginTop: 0 }}>
        Browsers let the scripts of a web page call the model only if the page's origin stands here. They send a token as every caller does; a key for one model, with a limit and an end, is the one to give to a page.
      </p>
      <Answer of={answer} lines={2}>
        {({ origins }) =>
          origins.length === 0 ? (
            <p style={{ margin: 0 }}>No web page may call it from a browser.</p>
          ) : (
            <ul className="list" aria-label="Allowed origins">
              {origins.map((origin) => (
                <li key={origin} className="row spread">
                  <Copyable text={origin} />
                  <Action size="compact-xs" label="Take away" permission="model.release" on={place} color="red" before={<>Scripts of pages at {origin} are refused from then on.</>} act={() => change(name, { remove: [origin] })} />
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
    </Card>
  );
}

function Allow({ model }: { model: string }) {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button variant="default" size="xs" onClick={() => setOpened(true)}>
        Allow a web page
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={`Allow a web page to call ${model}`} centered closeButtonProps={{ "aria-label": "Close" }}>
        <SchemaForm
          fields={[
            { kind: "text", name: "origin", label: "Origin", required: true, placeholder: "https://app.example.org", description: "Scheme, host and, if it has one, port of the page's address. There are no patterns." },
            { kind: "text", name: "reason", label: "Why", description: "For the log." },
          ]}
          submit="Allow this origin"
          onCancel={() => setOpened(false)}
          onSubmit={async ({ origin, reason }) => {
            await change(model, { allow: [String(origin)], reason: String(reason ?? "") });
            setOpened(false);
          }}
        />
      </Modal>
    </>
  );
}
