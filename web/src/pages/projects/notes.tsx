/** Notes of a project: dated texts with an author. They are shown as text, whatever they hold. */
import { $api, answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import { Moment } from "~/parts/moment";
import { Card } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { SchemaForm } from "~/parts/schemaform";
import { Person } from "~/parts/subject";
import { useState } from "react";

export function NotesTab({ project }: { project: string }) {
  const may = useMay();
  const [written, setWritten] = useState(0);
  const answer = $api.useQuery("get", "/api/v1/projects/{project}/notes", { params: { path: { project } } });
  return (
    <div className="stack">
      {may("comments.write", { project }) && (
        <Card title="Write a note">
          <SchemaForm
            key={written}
            fields={[{ kind: "long", name: "text", label: "Text", required: true }]}
            submit="Write the note"
            onSubmit={async ({ text }) => {
              await answerOf(client.POST("/api/v1/projects/{project}/notes", { params: { path: { project } }, body: { text: String(text) } }));
              await askAnew("/api/v1/projects");
              setWritten(written + 1);
            }}
          />
        </Card>
      )}
      <Answer of={answer}>
        {({ notes }) =>
          notes.length === 0 ? (
            <Empty title="There is no note yet">
              <p>What was decided, and why, is found here later.</p>
            </Empty>
          ) : (
            notes.map(({ id, text, author, created_at, edited_at }) => (
              <Card key={id}>
                <div className="small muted">
                  <Person actor={author} /> · <Moment time={created_at} />
                  {edited_at && " · edited"}
                </div>
                <div className="prose" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
                  {text}
                </div>
              </Card>
            ))
          )
        }
      </Answer>
    </div>
  );
}
