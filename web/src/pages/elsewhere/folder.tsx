/** A folder that is watched for files of records: set, and its files with what became of each. */
import { Button, Modal } from "@mantine/core";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { askAnew } from "~/api/queries";
import type { ModelDetail, RecordFileView, RecordFolderView } from "~/api/schema";
import { figure } from "~/parts/figures";
import { Moment } from "~/parts/moment";
import { Answer } from "~/parts/placeholders";
import { SchemaForm } from "~/parts/schemaform";
import { StateWord } from "~/parts/state";
import { DataTable, type Column } from "~/parts/table";

const MOST = 200;
const MINUTE = 60;
const COLUMNS: Column<RecordFileView>[] = [
  { name: "path", header: "File", cell: ({ path }) => path },
  { name: "state", header: "State", cell: ({ state, refused }) => <StateWord state={state === "damaged" ? "failing" : refused ? "attention" : "ok"}>{state === "damaged" ? "can't be read" : refused ? "taken in part" : "taken"}</StateWord> },
  { name: "accepted", header: "Accepted", align: "end", cell: ({ accepted }) => figure(accepted) },
  { name: "known", header: "Known already", align: "end", cell: ({ duplicates }) => figure(duplicates) },
  { name: "refused", header: "Refused", align: "end", cell: ({ refused }) => figure(refused) },
  { name: "reason", header: "Why", cell: ({ reason }) => <span title={reason}>{reason || "–"}</span> },
  { name: "at", header: "When", cell: ({ taken_at }) => <Moment time={taken_at} /> },
];

export function FilesOf({ folder }: { folder: RecordFolderView }) {
  const [opened, setOpened] = useState(false);
  const answer = $api.useQuery("get", "/api/v1/record-folders/{id}/files", { params: { path: { id: folder.id }, query: { limit: MOST } } }, { enabled: opened });
  return (
    <>
      <Button size="compact-xs" variant="default" onClick={() => setOpened(true)}>
        Files
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={`Files of ${folder.data}`} size="xl" centered closeButtonProps={{ "aria-label": "Close" }}>
        <Answer of={answer} lines={4}>
          {({ files }) => (files.length ? <DataTable label="Files" noun={["file", "files"]} rows={files} columns={COLUMNS} keyOf={({ path }) => path} /> : <p className="muted">No file was taken in yet. One that was written to within ten seconds waits.</p>)}
        </Answer>
      </Modal>
    </>
  );
}

export function WatchFolder({ model }: { model: ModelDetail }) {
  const [opened, setOpened] = useState(false);
  const { outputs } = model.version.signature;
  const answer = (outputs && "columns" in outputs && outputs.columns[0]?.name) || "output";
  return (
    <>
      <Button size="xs" variant="default" onClick={() => setOpened(true)}>
        Watch a folder
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title="Watch a folder" centered closeButtonProps={{ "aria-label": "Close" }}>
        <SchemaForm
          fields={[
            { kind: "text", name: "data", label: "Folder or bucket", placeholder: "data://lake/churn/predictions", description: "data://CONNECTION/PATH, of a connection under Data. Each CSV or Parquet file in it is taken in once.", required: true },
            { kind: "number", name: "minutes", label: "Looked at every", unit: "min", min: 1, max: 10_080, required: true },
            { kind: "text", name: "output", label: "Column of the answer", description: "Empty: output or prediction." },
            { kind: "text", name: "id", label: "Column of the id", description: "Empty: record_id, prediction_id or id." },
            { kind: "text", name: "time", label: "Column of the moment", description: "Empty: record_time, predicted_at, timestamp or time." },
          ]}
          initial={{ minutes: 5 }}
          submit="Watch the folder"
          onCancel={() => setOpened(false)}
          onSubmit={async ({ data, minutes, output, id, time }) => {
            const outputs: Record<string, string> = output ? { [answer]: String(output) } : {};
            const columns = { id: String(id ?? ""), time: String(time ?? ""), outputs };
            await answerOf(client.POST("/api/v1/record-folders", { body: { model: model.name, data: String(data), every_seconds: Number(minutes) * MINUTE, columns } }));
            setOpened(false);
            await askAnew("/api/v1/record-folders");
          }}
        />
      </Modal>
    </>
  );
}
