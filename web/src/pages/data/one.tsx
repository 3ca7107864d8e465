/** One dataset, connection or binding. */
import { Button, Modal, Select } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import type { DataDetail } from "~/api/schema";
import { Code, Copyable } from "~/parts/copy";
import { bytes, counted, figure } from "~/parts/figures";
import { Action } from "~/parts/action";
import { PageLink, path, useGo } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Card, Facts, Page, PageTabs, type Tab } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { SchemaForm } from "~/parts/schemaform";
import { StateWord, Word } from "~/parts/state";
import { Person } from "~/parts/subject";
import { DataTable } from "~/parts/table";
import { useView } from "~/parts/view";
import { DatasetForm } from "./adding";
import { ConnectionForm, TryConnection } from "./connecting";
import { previewColumns, profileColumns, type Profile } from "./columns";

type Version = NonNullable<DataDetail["version"]>;

export function OneDataPage() {
  const { name } = useParams({ strict: false }) as { name: string };
  const [view, setView] = useView({ tab: "schema", version: 0 });
  const answer = $api.useQuery("get", "/api/v1/data/{name}", { params: { path: { name }, query: { version: view.version || undefined } } });
  const data = answer.data;
  const version = data?.version;
  return (
    <Page
      title={name}
      within={[["Data", "/data"]]}
      says={
        data && (
          <span className="row">
            <Word>{data.kind}</Word>
            {version ? `version ${version.version}: ${version.rows === null ? counted(version.files.length, "file") : counted(version.rows, "row")}, ${bytes(version.bytes)}.` : data.description}
          </span>
        )
      }
      actions={
        <>
          {version && data.versions.length > 1 && <Select aria-label="Version" w={160} allowDeselect={false} value={String(version.version)} data={data.versions.map((each) => ({ value: String(each.version), label: `version ${each.version}` }))} onChange={(chosen) => setView({ version: Number(chosen) })} />}
          {data && <Change data={data} />}
        </>
      }
    >
      <Answer of={answer} lines={10}>
        {(found) => (found.version ? <PageTabs tabs={tabsOf(found, found.version)} chosen={view.tab} choose={(tab) => setView({ tab })} /> : <Linked data={found} />)}
      </Answer>
    </Page>
  );
}

function tabsOf(data: DataDetail, version: Version): Tab[] {
  const columns = version.columns as Profile[];
  return [
    { name: "schema", label: "Columns", content: () => (columns.length ? <DataTable label="Columns" noun={["column", "columns"]} rows={columns} keyOf={(each) => each.name} columns={profileColumns(version.rows ?? 0)} /> : <Empty title="These files are no table"><p>Parquet and CSV are profiled; of other files nothing but name and size is known.</p></Empty>) },
    { name: "preview", label: "First rows", content: () => <Preview version={version} /> },
    { name: "files", label: `Files (${version.files.length})`, content: () => <DataTable label="Files" noun={["file", "files"]} rows={version.files} keyOf={(file) => file.path} columns={[{ name: "path", header: "File", cell: (file) => <a href={`${path`/api/v1/data/${data.name}/files`}?version=${version.version}&path=${encodeURIComponent(file.path)}`} download={file.path.split("/").at(-1)}>{file.path}</a> }, { name: "size", header: "Size", align: "end", cell: ({ size }) => bytes(size) }, { name: "sha256", header: "SHA-256", cell: ({ sha256 }) => <Copyable text={sha256} shown={sha256.slice(0, 12)} /> }]} /> },
    { name: "uses", label: "About it", content: () => <About data={data} version={version} /> },
  ];
}

function Preview({ version }: { version: Version }) {
  const rows = (version.preview as unknown[][]).map((cells, place) => ({ cells, place }));
  if (rows.length === 0) return <Empty title="There are no rows to show"><p>The files are no table, or an empty one.</p></Empty>;
  return <DataTable label="First rows" noun={["row", "rows"]} rows={rows} keyOf={({ place }) => String(place)} columns={previewColumns(version.columns as Profile[])} />;
}

function About({ data, version }: { data: DataDetail; version: Version }) {
  return (
    <div className="columns">
      <Card title="About it">
        {data.description && <p className="prose" style={{ marginTop: 0 }}>{data.description}</p>}
        <Facts
          of={[
            ["Address", <Copyable key="address" text={`data://${data.name}@${version.version}`} />],
            ["Project", <PageLink key="project" href={path`/projects/${data.project}`}>{data.project}</PageLink>],
            ["Format", version.format || "files"],
            ["Digest", <Copyable key="digest" text={version.digest} shown={version.digest.slice(0, 16)} />],
            ["Added", <span key="added"><Moment time={version.created_at} /> by <Person actor={version.created_by} /></span>],
          ]}
        />
        <h3 style={{ fontSize: 14 }}>In Python</h3>
        <Code text={`unshelf.data.read("data://${data.name}@${version.version}")`} />
      </Card>
      <Card title="Models that were made with it">
        {data.uses.length === 0 ? (
          <p className="muted" style={{ margin: 0 }}>None that you may see.</p>
        ) : (
          <ul className="list">
            {data.uses.map(({ reference, role, dataset_version }) => (
              <li key={`${reference} ${role}`}>
                <PageLink href={path`/models/${reference}`}>{reference}</PageLink> <span className="muted">{role} from version {dataset_version}</span>
              </li>
            ))}
          </ul>
        )}
      </Card>
    </div>
  );
}

/** What one may change: another version, the connection, where the name leads, or that there is the name at all. */
function Change({ data }: { data: DataDetail }) {
  const go = useGo();
  const may = useMay();
  const [opened, setOpened] = useState(false);
  const place = { project: data.project };
  const close = () => setOpened(false);
  if (!may("data.manage", place)) return null;
  const label = { dataset: "Add a version", connection: "Change the connection", binding: "Lead it elsewhere" }[data.kind];
  return (
    <>
      <Button variant="default" onClick={() => setOpened(true)}>
        {label}
      </Button>
      <Action
        label="Delete"
        color="red"
        before={data.kind === "dataset" ? "All its versions are deleted; models that were made with it stay." : "Programs that read it by this name are refused from then on."}
        typed={data.name}
        act={async () => {
          await answerOf(client.DELETE("/api/v1/data/{name}", { params: { path: { name: data.name } } }));
          await askAnew("/api/v1/data");
          go("/data");
        }}
      />
      <Modal opened={opened} onClose={close} title={label} centered size="lg" closeButtonProps={{ "aria-label": "Close" }}>
        {data.kind === "dataset" && <DatasetForm projects={[data.project]} name={data.name} onCancel={close} />}
        {data.kind === "connection" && <ConnectionForm projects={[data.project]} data={data} onDone={close} />}
        {data.kind === "binding" && (
          <SchemaForm
            fields={[{ kind: "text", name: "target", label: "Leads to", required: true, placeholder: "data://orders@3" }]}
            initial={{ target: data.binding?.target ?? "" }}
            submit="Lead the name there"
            onCancel={close}
            onSubmit={async ({ target }) => {
              await answerOf(client.PUT("/api/v1/data/{name}/binding", { params: { path: { name: data.name } }, body: { target: String(target) } }));
              await askAnew("/api/v1/data");
              close();
            }}
          />
        )}
      </Modal>
    </>
  );
}

function Linked({ data }: { data: DataDetail }) {
  const { connection, binding } = data;
  return (
    <div className="stack">
    <Card title={binding ? "Where the name leads" : "Connection"}>
      <Facts
        of={[
          ["Project", <PageLink key="project" href={path`/projects/${data.project}`}>{data.project}</PageLink>],
          ...(binding ? ([["Leads to", <Copyable key="target" text={binding.target} />], ["Set", <span key="set"><Moment time={binding.set_at} /> by <Person actor={binding.set_by} /></span>]] as [string, React.ReactNode][]) : []),
          ...(connection
            ? ([
                ["Kind", connection.kind],
                ...Object.entries(connection.settings).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]),
                ["Credentials", connection.credential_names.length ? connection.credential_names.join(", ") : "none"],
                ["State", connection.readable ? <StateWord key="state" state="ok">its credentials can be read</StateWord> : <StateWord key="state" state="failing">the key of its credentials is lost: set them again</StateWord>],
                ["Set", <span key="set"><Moment time={connection.set_at} /> by <Person actor={connection.set_by} /></span>],
              ] as [string, React.ReactNode][])
            : []),
        ]}
      />
      <p className="small muted" style={{ marginBottom: 0 }}>{figure(data.uses.length)} uses by models that you may see.</p>
    </Card>
    {connection && <TryConnection name={data.name} kind={connection.kind} />}
    </div>
  );
}
