/** What the code of a version may connect to, what it was refused, and the grants that change it. */
import { Button, Modal } from "@mantine/core";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { useMay, type Place } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import type { components } from "~/api/schema";
import { Action } from "~/parts/action";
import { Card, Facts } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { SchemaForm } from "~/parts/schemaform";
import { StateWord } from "~/parts/state";

export type Granted = components["schemas"]["GrantedNetwork"];
type Change = components["schemas"]["NetworkChange"];

export async function change(reference: string, body: Partial<Change>) {
  await answerOf(client.PATCH("/api/v1/models/{ref}/network", { params: { path: { ref: reference } }, body: body as Change }));
  void askAnew("/api/v1/models");
}

export function NetworkCard({ reference, place }: { reference: string; place: Place }) {
  const answer = $api.useQuery("get", "/api/v1/models/{ref}/network", { params: { path: { ref: reference } } });
  const mayChange = useMay()("model.deploy", place);
  return (
    <Card title="Network" aside={mayChange && answer.data?.versions[0] && <Grant reference={reference} network={answer.data.versions[0]} />}>
      <Answer of={answer} lines={2}>
        {({ versions: [found] }) =>
          found ? (
            <Facts
              of={[
                ["Access", <Access key="access" of={found} />],
                ["Granted", <Granteds key="granted" reference={reference} place={place} of={found} />],
                ["Refused of late", <Refused key="refused" reference={reference} place={place} of={found} />],
              ]}
            />
          ) : null
        }
      </Answer>
    </Card>
  );
}

export function Access({ of }: { of: Granted }) {
  if (of.access === "full") return <><StateWord state="attention">everywhere</StateWord>{of.source === "default" && " nothing was said when it was deployed"}</>;
  return <>{of.allow.length ? "only what is granted" : "none"}</>;
}

export function Granteds({ reference, place, of }: { reference: string; place: Place; of: Granted }) {
  if (of.allow.length === 0) return <>{of.access === "full" ? "–" : "nothing"}</>;
  return (
    <ul className="list">
      {of.allow.map((each) => (
        <li key={each} className="row spread" style={{ padding: "2px 0", border: 0 }}>
          <span className="mono">{each}</span>
          <Action size="compact-xs" variant="subtle" label="Take away" permission="model.deploy" on={place} before={<>Workers of {reference} that may still reach {each} finish what they do, and others take their place.</>} act={() => change(reference, { remove: [each] })} />
        </li>
      ))}
    </ul>
  );
}

/** Places that it was refused, each with the way to grant it, unless it was since. */
export function Refused({ reference, place, of }: { reference: string; place: Place; of: Granted }) {
  const open = of.refused.filter((each) => !of.allow.includes(each));
  if (open.length === 0) return <>nothing</>;
  return (
    <ul className="list">
      {open.map((each) => (
        <li key={each} className="row spread" style={{ padding: "2px 0", border: 0 }}>
          <span className="mono">{each}</span>
          {of.access === "none" && <Action size="compact-xs" label="Allow" permission="model.deploy" on={place} before={<>The code of {reference} may connect to {each} from then on. Its workers are replaced one after the other.</>} act={() => change(reference, { allow: [each], reason: "refused before" })} />}
        </li>
      ))}
    </ul>
  );
}

function Grant({ reference, network }: { reference: string; network: Granted }) {
  const [opened, setOpened] = useState(false);
  const isFull = network.access === "full";
  return (
    <>
      <Button variant="default" size="xs" onClick={() => setOpened(true)}>
        {isFull ? "Bound it" : "Grant a place"}
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={isFull ? `Bound the network of ${reference}` : `Grant ${reference} a place`} centered closeButtonProps={{ "aria-label": "Close" }}>
        <SchemaForm
          fields={[
            { kind: "text", name: "place", label: "Place", required: !isFull, placeholder: "db.example.org:5432", description: "HOST:PORT, *.DOMAIN:PORT or ADDRESS:PORT, within what the operator lets be granted." },
            { kind: "text", name: "reason", label: "Why", description: "For the log." },
          ]}
          submit={isFull ? "Allow nothing else" : "Grant this place"}
          onCancel={() => setOpened(false)}
          onSubmit={async ({ place, reason }) => {
            await change(reference, { access: isFull ? "none" : null, allow: place ? [String(place).trim()] : [], reason: String(reason ?? "") });
            setOpened(false);
          }}
        />
      </Modal>
    </>
  );
}
