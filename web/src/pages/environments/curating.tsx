/** What curators do: notes, default, deprecation, who may use it, and the end. */
import { Button, Menu, Modal } from "@mantine/core";
import { ChevronDown } from "lucide-react";
import { useState } from "react";

import { answerOf, client } from "~/api/client";
import { askAnew } from "~/api/queries";
import type { NamedEnvironmentChange, NamedEnvironmentDetail } from "~/api/schema";
import { Confirm } from "~/parts/action";
import { useGo } from "~/parts/link";
import { SchemaForm, type Field, type Values } from "~/parts/schemaform";

type Act = "notes" | "deprecate" | "restrict" | "delete" | "";
const after = () => askAnew("/api/v1/environments");

export function Curate({ named }: { named: NamedEnvironmentDetail }) {
  const [act, setAct] = useState<Act>("");
  const close = () => setAct("");
  if (!named.may_change) return null;
  const isCurated = named.project === null;
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" rightSection={<ChevronDown size={16} aria-hidden />}>
            Curate
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => setAct("notes")}>{isCurated ? "Change notes and default" : "Change notes"}</Menu.Item>
          <Menu.Item onClick={() => setAct("deprecate")}>{named.deprecation ? "Change the deprecation" : "Deprecate"}</Menu.Item>
          {isCurated && <Menu.Item onClick={() => setAct("restrict")}>Say who may use it</Menu.Item>}
          <Menu.Item color="red" onClick={() => setAct("delete")}>Delete</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <NotesForm named={named} opened={act === "notes"} close={close} />
      <DeprecationForm named={named} opened={act === "deprecate"} close={close} />
      <AccessForm named={named} opened={act === "restrict"} close={close} />
      <Deletion named={named} opened={act === "delete"} close={close} />
    </>
  );
}

interface Props {
  named: NamedEnvironmentDetail;
  opened: boolean;
  close: () => void;
}

const change = (name: string, body: Partial<NamedEnvironmentChange>) => answerOf(client.PATCH("/api/v1/environments/names/{name}", { params: { path: { name } }, body: { notes: null, is_default: null, deprecation: null, reason: "", ...body } })).then(after);

function FormModal({ title, opened, close, fields, initial, submit, onSubmit }: Omit<Props, "named"> & { title: string; fields: Field[]; initial: Values; submit: string; onSubmit: (values: Values) => Promise<unknown> }) {
  return (
    <Modal opened={opened} onClose={close} title={title} centered closeButtonProps={{ "aria-label": "Close" }}>
      <SchemaForm fields={fields} initial={initial} submit={submit} onCancel={close} onSubmit={(values) => onSubmit(values).then(close)} />
    </Modal>
  );
}

function NotesForm({ named, opened, close }: Props) {
  const fields: Field[] = [{ kind: "long", name: "notes", label: "Notes for those who choose one" }];
  if (named.project === null) fields.push({ kind: "yes", name: "is_default", label: "The default", description: "Taken where nobody names one; there is one default." });
  return <FormModal title={`Change ${named.name}`} opened={opened} close={close} fields={fields} initial={{ notes: named.notes, is_default: named.is_default }} submit={`Change ${named.name}`} onSubmit={({ notes, is_default }) => change(named.name, { notes: String(notes ?? ""), is_default: named.project === null ? is_default === true : null })} />;
}

function DeprecationForm({ named, opened, close }: Props) {
  const versions = named.versions.map(({ number, reference, deprecation }) => ({ value: String(number), label: deprecation ? `${reference} (deprecated)` : reference }));
  return (
    <FormModal
      title={`Deprecate ${named.name}`}
      opened={opened}
      close={close}
      fields={[
        { kind: "choice", name: "version", label: "What", options: [{ value: "", label: "all of it" }, ...versions] },
        { kind: "text", name: "note", label: "Why" },
        { kind: "text", name: "successor", label: "To use instead", placeholder: "base:4" },
        { kind: "yes", name: "withdrawn", label: "Take a deprecation back" },
      ]}
      initial={{ version: "", note: named.deprecation?.note ?? "", successor: named.deprecation?.successor ?? "" }}
      submit="Warn those who use it"
      onSubmit={({ version, note, successor, withdrawn }) => change(named.name, { deprecation: { version: version ? Number(version) : null, note: String(note ?? ""), successor: String(successor ?? ""), withdrawn: withdrawn === true } })}
    />
  );
}

function AccessForm({ named, opened, close }: Props) {
  const lines = (value: Values[string] | undefined) => String(value ?? "").split(/[\n,]/).map((each) => each.trim()).filter(Boolean);
  return (
    <FormModal
      title={`Who may use ${named.name}`}
      opened={opened}
      close={close}
      fields={[
        { kind: "yes", name: "restricted", label: "Only these groups and projects" },
        { kind: "text", name: "groups", label: "Groups", description: "Names, with commas between them." },
        { kind: "text", name: "projects", label: "Projects", description: "Names, with commas between them." },
      ]}
      initial={{ restricted: named.restricted, groups: named.groups.join(", "), projects: named.projects.join(", ") }}
      submit="Set who may use it"
      onSubmit={({ restricted, groups, projects }) => answerOf(client.PUT("/api/v1/environments/names/{name}/access", { params: { path: { name: named.name } }, body: { restricted: restricted === true, groups: lines(groups), projects: lines(projects), reason: "" } })).then(after)}
    />
  );
}

function Deletion({ named, opened, close }: Props) {
  const go = useGo();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  async function run() {
    setBusy(true);
    try {
      await answerOf(client.DELETE("/api/v1/environments/names/{name}", { params: { path: { name: named.name } } }));
      await after();
      go("/environments");
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  }
  return (
    <Confirm opened={opened} title={`Delete ${named.name}`} typed={named.name} busy={busy} error={error} color="red" onConfirm={() => void run()} onClose={close}>
      The name goes with all its versions. What runs in one of them keeps it, by its hash.
    </Confirm>
  );
}
