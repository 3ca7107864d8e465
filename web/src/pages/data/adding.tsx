/** Adding data: files that one drops, a connection, a name that leads to either. */
import { Button, FileInput, Menu, Modal, Select, Textarea, TextInput } from "@mantine/core";
import { ChevronDown, Upload } from "lucide-react";
import { useState, type FormEvent, type ReactNode } from "react";

import { $api, answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import { send, type Progress } from "~/api/sending";
import { useProject } from "~/app/project";
import { bytes } from "~/parts/figures";
import { path, useGo } from "~/parts/link";
import { Fault } from "~/parts/placeholders";
import { SchemaForm } from "~/parts/schemaform";
import { ConnectionForm } from "./connecting";

const MOST = 1_000;
type Kind = "dataset" | "connection" | "binding";
const TITLES: Record<Kind, string> = { dataset: "Add a dataset", connection: "Add a connection", binding: "Lead a name to data" };

export function AddData() {
  const [kind, setKind] = useState<Kind>();
  const projects = useManaged();
  const close = () => setKind(undefined);
  if (projects.length === 0) return null;
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button rightSection={<ChevronDown size={16} aria-hidden />}>Add data</Button>
        </Menu.Target>
        <Menu.Dropdown>
          {(Object.keys(TITLES) as Kind[]).map((each) => (
            <Menu.Item key={each} onClick={() => setKind(each)}>
              {TITLES[each]}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Modal opened={kind !== undefined} onClose={close} title={kind && TITLES[kind]} centered size="lg" closeButtonProps={{ "aria-label": "Close" }}>
        {kind === "dataset" && <DatasetForm projects={projects} onCancel={close} />}
        {kind === "connection" && <ConnectionForm projects={projects} onDone={close} />}
        {kind === "binding" && <BindingForm projects={projects} onDone={close} />}
      </Modal>
    </>
  );
}

/** The projects that one may add data to. */
export function useManaged(): string[] {
  const may = useMay();
  const answer = $api.useQuery("get", "/api/v1/projects", { params: { query: { limit: MOST } } });
  return (answer.data?.projects ?? []).map(({ name }) => name).filter((project) => may("data.manage", { project }));
}

export function useFirstProject(projects: string[]): string {
  const [chosen] = useProject();
  return projects.includes(chosen) ? chosen : projects.includes("default") ? "default" : projects[0]!;
}

/** A dataset of files; `name` is set where a version is added to one that is there. */
export function DatasetForm({ projects, name: given, onCancel }: { projects: string[]; name?: string; onCancel: () => void }) {
  const go = useGo();
  const first = useFirstProject(projects);
  const [files, setFiles] = useState<File[]>([]);
  const [name, setName] = useState(given ?? "");
  const [project, setProject] = useState(first);
  const [description, setDescription] = useState("");
  const [step, setStep] = useState("");
  const [error, setError] = useState<unknown>();

  function choose(chosen: File[]) {
    setFiles(chosen);
    if (!name && chosen[0]) setName(nameOf(chosen[0].name));
  }

  async function add(event: FormEvent) {
    event.preventDefault();
    setError(undefined);
    try {
      const items = files.map((file) => ({ path: file.name, size: file.size, file }));
      const say = ({ stage, done, of }: Progress) => of > 0 && setStep(`${stage === "reading" ? "Reading the files" : "Sending them"}: ${bytes(done)} of ${bytes(of)} …`);
      setStep("Reading the files …");
      const sent = await send(items, project, say, new AbortController().signal);
      const blobs = sent.map(({ path: name, sha256, size }) => ({ path: name, sha256, size }));
      setStep("Reading the columns …");
      const added = await answerOf(client.POST("/api/v1/data", { body: { name, files: blobs, project, ...(description ? { description } : {}) } }));
      await askAnew("/api/v1/data");
      onCancel();
      go(path`/data/${added.name}`);
    } catch (problem) {
      setError(problem);
    } finally {
      setStep("");
    }
  }

  return (
    <form onSubmit={(event) => void add(event)}>
      <div className="stack">
        <FileInput label="Files" description="Parquet or CSV with the same columns make a table; other files are kept as they are." multiple required placeholder="Choose files" leftSection={<Upload size={16} aria-hidden />} value={files} onChange={choose} clearable />
        <TextInput label="Name" description="Programs read it as data://NAME." required value={name} disabled={given !== undefined} onChange={(event) => setName(event.currentTarget.value)} autoComplete="off" />
        {given === undefined && <Select label="Project" required allowDeselect={false} searchable data={projects} value={project} onChange={(chosen) => chosen && setProject(chosen)} />}
        <Textarea label="Description" autosize minRows={2} value={description} onChange={(event) => setDescription(event.currentTarget.value)} />
        <Fault error={error} />
        <Ends step={step} onCancel={onCancel}>
          <Button type="submit" disabled={files.length === 0 || !name} loading={step !== ""}>
            {given === undefined ? "Add the dataset" : "Add the version"}
          </Button>
        </Ends>
      </div>
    </form>
  );
}

function Ends({ step, onCancel, children }: { step: string; onCancel: () => void; children: ReactNode }) {
  return (
    <div className="row spread">
      <span className="small muted" aria-live="polite">
        {step}
      </span>
      <div className="row">
        <Button variant="default" onClick={onCancel}>
          Cancel
        </Button>
        {children}
      </div>
    </div>
  );
}

/** A name for a file: `Orders 2026.csv` becomes `orders-2026`. */
export function nameOf(file: string): string {
  const plain = file.toLowerCase().replace(/\.(csv|parquet|pq)$/, "").replace(/[^a-z0-9]+/g, "-");
  return plain.replace(/^-+|-+$/g, "").slice(0, 64);
}

function BindingForm({ projects, onDone }: { projects: string[]; onDone: () => void }) {
  const first = useFirstProject(projects);
  return (
    <SchemaForm
      fields={[
        { kind: "text", name: "name", label: "Name", required: true, placeholder: "training" },
        { kind: "text", name: "target", label: "Leads to", required: true, placeholder: "data://warehouse/public.orders", description: "A dataset, a version of one (data://orders@3), or a path in a connection." },
        { kind: "choice", name: "project", label: "Project", required: true, options: projects },
      ]}
      initial={{ project: first }}
      submit="Lead the name there"
      onCancel={onDone}
      onSubmit={async ({ name, target, project }) => {
        await answerOf(client.PUT("/api/v1/data/{name}/binding", { params: { path: { name: String(name) } }, body: { target: String(target), project: String(project) } }));
        await askAnew("/api/v1/data");
        onDone();
      }}
    />
  );
}
