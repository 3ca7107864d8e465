/** Embedding an app in other pages: which may, and the tokens that open it. */
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { askAnew } from "~/api/queries";
import { Action } from "~/parts/action";
import { Code } from "~/parts/copy";
import { figure } from "~/parts/figures";
import { Moment } from "~/parts/moment";
import { Card } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { SchemaForm } from "~/parts/schemaform";
import { DataTable } from "~/parts/table";

const PATH = "/api/v1/apps/{name}/tokens";
const DAY = 86_400;

export function EmbeddingTab({ name, origins }: { name: string; origins: string[] }) {
  const [made, setMade] = useState<{ url: string; id: string }>();
  const answer = $api.useQuery("get", PATH, { params: { path: { name }, query: { limit: 1_000 } } });
  return (
    <div className="stack">
      <Card title="Pages that may embed it">
        {origins.length ? (
          <ul style={{ margin: 0, paddingLeft: 20 }}>
            {origins.map((origin) => (
              <li key={origin}>{origin}</li>
            ))}
          </ul>
        ) : (
          <p className="muted" style={{ margin: 0 }}>None. List their origins in the editor.</p>
        )}
      </Card>
      <div className="columns">
        <Card title="Create an app token">
          <SchemaForm
            key={made?.id}
            fields={[
              { kind: "text", name: "name", label: "Where it is used", required: true },
              { kind: "number", name: "days", label: "Good for", unit: "days", min: 1, max: 366, required: true },
              { kind: "number", name: "pace", label: "Answers a minute", min: 1, max: 600, required: true },
            ]}
            initial={{ name: "", days: 90, pace: 60 }}
            submit="Create the token"
            onSubmit={async (values) => {
              const body = { name: String(values.name), expires_in_seconds: Number(values.days) * DAY, a_minute: Number(values.pace) };
              setMade(await answerOf(client.POST(PATH, { params: { path: { name } }, body })));
              await askAnew("/api/v1/apps");
            }}
          />
        </Card>
        {made && (
          <Card title="Put this into the page">
            <p style={{ marginTop: 0 }}>It is shown this once. Who can read the page can use the token, for this app alone, until it ends.</p>
            <Code what="Copy the frame" text={`<iframe src="${made.url}" title="${name}" width="100%" height="560"></iframe>`} />
          </Card>
        )}
      </div>
      <Card title="Tokens">
        <Answer of={answer} lines={3}>
          {({ tokens }) =>
            tokens.length === 0 ? (
              <p className="muted" style={{ margin: 0 }}>There is none yet.</p>
            ) : (
              <DataTable
                label="Tokens of the app"
                noun={["token", "tokens"]}
                height="360px"
                rows={tokens}
                keyOf={({ id }) => id}
                columns={[
                  { name: "name", header: "Where it is used", cell: ({ name: used }) => used },
                  { name: "expires", header: "Ends", cell: ({ expires_at, revoked_at }) => (revoked_at ? "revoked" : <Moment time={expires_at} />) },
                  { name: "pace", header: "Answers a minute", align: "end", cell: ({ a_minute }) => figure(a_minute) },
                  { name: "used", header: "Used last", cell: ({ last_used_at }) => <Moment time={last_used_at} none="never" /> },
                  {
                    name: "revoke",
                    header: "",
                    cell: ({ id, name: used, revoked_at }) =>
                      !revoked_at && <Action size="compact-xs" label="Revoke" before={<>Pages with the token “{used}” show the app no more.</>} act={() => answerOf(client.DELETE(`${PATH}/{id}`, { params: { path: { name, id } } })).then(() => askAnew("/api/v1/apps"))} />,
                  },
                ]}
              />
            )
          }
        </Answer>
      </Card>
    </div>
  );
}
