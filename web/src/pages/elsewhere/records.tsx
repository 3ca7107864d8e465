/** Records of a model that runs elsewhere: how they are sent, and the folders that are watched for them. */
import { SegmentedControl } from "@mantine/core";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import type { ModelDetail, RecordFolderView } from "~/api/schema";
import { Action } from "~/parts/action";
import { Code } from "~/parts/copy";
import { counted, figure } from "~/parts/figures";
import { Moment } from "~/parts/moment";
import { Card } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { DataTable, type Column } from "~/parts/table";
import { FilesOf, WatchFolder } from "./folder";
import { SendFile } from "./sendfile";

const EVERY_MS = 10_000;
const LANGUAGES = [
  { value: "python", label: "Python" },
  { value: "curl", label: "curl" },
  { value: "cli", label: "Terminal" },
];

/** The way to send one record, with this server's address. */
export function recordSnippet(language: string, origin: string, model: string, columns: string[]): string {
  const row = Object.fromEntries(columns.map((name) => [name, null]));
  if (language === "python") return `import unshelf\n\nunshelf.record(\n    ${JSON.stringify(model)}, ${JSON.stringify(row).replaceAll("null", "…")}, "THE ANSWER", id="YOUR ID",\n    url=${JSON.stringify(origin)}, token="TOKEN",\n)\nunshelf.flush()  # waits until all are sent`;
  if (language === "cli") return `export UNSHELF_URL=${origin} UNSHELF_TOKEN=TOKEN\nunshelf records send ${model} records.csv\nunshelf records watch ${model} data://CONNECTION/FOLDER --every 10m`;
  return `curl ${origin}/api/v1/models/${model}/records -H "Authorization: Bearer TOKEN" -H "Content-Type: application/x-ndjson" \\\n  -d '${JSON.stringify({ id: "YOUR ID", inputs: row, output: "THE ANSWER" })}'`;
}

export function RecordsTab({ model }: { model: ModelDetail }) {
  const may = useMay();
  const [language, setLanguage] = useState("python");
  return (
    <div className="stack">
      <Card title="Send its records" aside={<span className="row"><SegmentedControl size="xs" aria-label="By" data={LANGUAGES} value={language} onChange={setLanguage} />{may("records.write", { model: model.name, project: model.project }) && <SendFile model={model} />}</span>}>
        <p className="prose" style={{ marginTop: 0 }}>
          The model runs on other infrastructure. What it was asked and answered is sent here, and is monitored like any other model&apos;s. A record counts once by its id. A key with the role <code>recorder</code> may send records and nothing else.
        </p>
        <Code text={recordSnippet(language, location.origin, model.name, inputsOf(model))} />
      </Card>
      <Folders model={model} />
    </div>
  );
}

function Folders({ model }: { model: ModelDetail }) {
  const may = useMay();
  const answer = $api.useQuery("get", "/api/v1/record-folders", { params: { query: { model: model.name } } }, { refetchInterval: EVERY_MS });
  const place = { model: model.name, project: model.project };
  const columns: Column<RecordFolderView>[] = [
    { name: "data", header: "Folder", cell: ({ data }) => data },
    { name: "state", header: "State", cell: ({ problem, damaged }) => (problem ? <StateWord state="failing">can&apos;t be read</StateWord> : damaged ? <StateWord state="attention">{`${damaged} damaged`}</StateWord> : <StateWord state="ok">watched</StateWord>) },
    { name: "files", header: "Files", cell: ({ files }) => figure(files) },
    { name: "records", header: "Records", cell: ({ accepted }) => figure(accepted) },
    { name: "looked", header: "Looked at", cell: ({ looked_at }) => (looked_at ? <Moment time={looked_at} /> : "not yet") },
    { name: "every", header: "Every", cell: ({ every_seconds }) => counted(Math.round(every_seconds / 60), "minute") },
    { name: "act", header: "", width: 320, cell: (folder) => <span className="row"><FilesOf folder={folder} /><Action size="compact-xs" label="Look now" permission="records.write" on={place} act={() => look(folder.id)} /><Action size="compact-xs" label="Watch no longer" permission="records.write" on={place} before={<>New files of {folder.data} are left alone. Its records stay.</>} act={() => forget(folder.id)} /></span> },
  ];
  return (
    <Card title="Folders that are watched" aside={may("records.write", place) && <WatchFolder model={model} />}>
      <Answer of={answer} lines={3}>
        {({ folders }) =>
          folders.length ? (
            <>
              {folders.filter(({ problem }) => problem).map(({ id, data, problem }) => (
                <p key={id} className="prose" role="alert">
                  {data}: {problem}
                </p>
              ))}
              <DataTable label="Folders" noun={["folder", "folders"]} rows={folders} columns={columns} keyOf={({ id }) => id} />
            </>
          ) : (
            <p className="muted" style={{ margin: 0 }}>
              None. A folder or bucket that is a connection can be watched: each CSV or Parquet file in it is taken in once.
            </p>
          )
        }
      </Answer>
    </Card>
  );
}

async function look(id: string): Promise<void> {
  await answerOf(client.POST("/api/v1/record-folders/{id}/look", { params: { path: { id } } }));
  await askAnew("/api/v1/record-folders");
}

async function forget(id: string): Promise<void> {
  await answerOf(client.DELETE("/api/v1/record-folders/{id}", { params: { path: { id } } }));
  await askAnew("/api/v1/record-folders");
}

function inputsOf(model: ModelDetail): string[] {
  const inputs = model.version.signature.inputs;
  return inputs && "columns" in inputs ? inputs.columns.map(({ name }) => name) : [];
}
