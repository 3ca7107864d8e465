/** What people say about a subject. Texts are shown as they were written, whatever they hold. */
import { Button, Group } from "@mantine/core";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { useMay, type Place } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import type { components } from "~/api/schema";
import { Action } from "~/parts/action";
import { Moment } from "~/parts/moment";
import { Card } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { SchemaForm } from "~/parts/schemaform";
import { Person } from "~/parts/subject";
import type { Of } from "./watch";

type Comment = components["schemas"]["CommentShown"];

const MOST = 1_000;
const after = () => askAnew("/api/v1/subjects", "/api/v1/watches");

export function CommentsCard({ kind, name, place }: Of & { place: Place }) {
  const answer = $api.useQuery("get", "/api/v1/subjects/{kind}/{name}/comments", { params: { path: { kind, name }, query: { limit: MOST } } });
  const mayWrite = useMay()("comments.write", place);
  const [written, setWritten] = useState(0);
  return (
    <Card title="Comments">
      <div className="stack">
        <Answer of={answer} lines={2}>
          {({ comments }) =>
            comments.length === 0 ? (
              <p className="muted" style={{ margin: 0 }}>Nobody has said anything yet.</p>
            ) : (
              <ul className="list" aria-label="Comments">
                {comments.map((comment) => (
                  <li key={comment.id}>
                    <Said kind={kind} name={name} comment={comment} mayWrite={mayWrite} />
                  </li>
                ))}
              </ul>
            )
          }
        </Answer>
        {mayWrite && (
          <SchemaForm
            key={written}
            fields={[{ kind: "long", name: "text", label: "Comment", required: true, description: "@name tells somebody of it." }]}
            submit="Comment"
            onSubmit={async ({ text }) => {
              await answerOf(client.POST("/api/v1/subjects/{kind}/{name}/comments", { params: { path: { kind, name } }, body: { text: String(text) } }));
              setWritten(written + 1);
              await after();
            }}
          />
        )}
      </div>
    </Card>
  );
}

function Said({ kind, name, comment, mayWrite }: Of & { comment: Comment; mayWrite: boolean }) {
  const { id, text, author, author_id, created_at, edits, deleted_at } = comment;
  const me = $api.useQuery("get", "/api/v1/whoami").data?.id;
  const [editing, setEditing] = useState(false);
  const place = { params: { path: { kind, name, id } } };
  const isMine = mayWrite && author_id === me && !deleted_at;
  return (
    <div>
      <div className="row spread small muted">
        <span>
          <Person actor={author} /> · <Moment time={created_at} />
          {edits > 0 && !deleted_at && " · edited"}
        </span>
        {isMine && !editing && (
          <Group gap={4}>
            <Button size="compact-xs" variant="subtle" onClick={() => setEditing(true)}>
              Edit
            </Button>
            <Action size="compact-xs" variant="subtle" label="Delete" before="Others no longer see the text; that there was one stays." act={() => answerOf(client.DELETE("/api/v1/subjects/{kind}/{name}/comments/{id}", place)).then(after)} />
          </Group>
        )}
      </div>
      {editing ? (
        <SchemaForm
          fields={[{ kind: "long", name: "text", label: "Comment", required: true }]}
          initial={{ text }}
          submit="Keep the change"
          onCancel={() => setEditing(false)}
          onSubmit={async (values) => {
            await answerOf(client.PUT("/api/v1/subjects/{kind}/{name}/comments/{id}", { ...place, body: { text: String(values["text"]) } }));
            setEditing(false);
            await after();
          }}
        />
      ) : (
        <div className="prose" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
          {deleted_at ? <span className="muted">deleted</span> : text}
        </div>
      )}
    </div>
  );
}
