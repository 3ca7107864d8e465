/** The editor of an app: its texts, its inputs, its answer, and beside them the app as people would see it. */
import { Button, Switch, Textarea, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { answerOf, client } from "~/api/client";
import { askAnew } from "~/api/queries";
import type { AppDefinition, AppForm as Form } from "~/api/schema";
import { Card } from "~/parts/page";
import { Fault, Waiting } from "~/parts/placeholders";
import type { Row } from "../tries/fields";
import { AnswerEditor } from "./answer";
import { beginning } from "./fields";
import { AppForm } from "./form";
import { InputsEditor } from "./inputs";

const PAUSE_MS = 300;

interface Props {
  /** The app that is changed; without it a new one is made. */
  name?: string;
  initial: AppDefinition;
  onSaved: (name: string) => void;
}

export function Editor({ name: given, initial, onSaved }: Props) {
  const [draft, setDraft] = useState(initial);
  const [name, setName] = useState(given ?? "");
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const change = (some: Partial<AppDefinition>) => setDraft((before) => ({ ...before, ...some }));

  async function save() {
    setBusy(true);
    setError(undefined);
    try {
      await answerOf(client.PUT("/api/v1/apps/{name}", { params: { path: { name } }, body: draft }));
      await askAnew("/api/v1/apps");
      onSaved(name);
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  }

  return (
    <div className="columns">
      <div className="stack">
        <Card title="Words">
          <div className="stack">
            {given === undefined && <TextInput label="Name" description="Its address: /apps/NAME. Lower-case letters, digits, - and _." value={name} onChange={(event) => setName(event.currentTarget.value)} withAsterisk />}
            <TextInput label="Title" value={draft.title} onChange={(event) => change({ title: event.currentTarget.value })} withAsterisk />
            <Textarea label="Text" description="Paragraphs, lists (- ), **bold**, *italic* and `code`." autosize minRows={2} maxRows={12} value={draft.text ?? ""} onChange={(event) => change({ text: event.currentTarget.value })} />
            <TextInput label="Model" description="NAME (by release), NAME:3 or NAME@alias." value={draft.model} onChange={(event) => change({ model: event.currentTarget.value })} />
          </div>
        </Card>
        <InputsEditor inputs={draft.inputs ?? []} hidden={draft.hidden ?? {}} onChange={change} />
        <AnswerEditor answer={draft.answer ?? {}} onChange={(answer) => change({ answer })} />
        <Card title="Embedding">
          <Textarea
            label="Pages that may embed it"
            description="Origins, one a line, such as https://intranet.example.com. Without any, no page may."
            autosize
            minRows={2}
            value={(draft.embed ?? []).join("\n")}
            onChange={(event) => change({ embed: event.currentTarget.value.split("\n") })}
            onBlur={() => change({ embed: (draft.embed ?? []).map((each) => each.trim()).filter(Boolean) })}
          />
        </Card>
        <Fault error={error} />
        <div className="row">
          <Button onClick={() => void save()} loading={busy} disabled={!name}>
            {given === undefined ? "Make the app" : "Save a new version"}
          </Button>
          <Switch label="Show the answer itself, too" checked={draft.answer?.show !== false} onChange={(event) => change({ answer: { ...draft.answer, show: event.currentTarget.checked } })} />
        </div>
      </div>
      <Preview draft={draft} />
    </div>
  );
}

/** The app of a draft, as the server fills it in. */
function Preview({ draft }: { draft: AppDefinition }) {
  const [text] = useDebouncedValue(JSON.stringify({ ...draft, embed: [] }), PAUSE_MS);
  const filled = useQuery({
    queryKey: ["draft", text],
    queryFn: ({ signal }) => answerOf(client.POST("/api/v1/app-drafts", { body: { definition: JSON.parse(text) as AppDefinition }, signal })),
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
  });
  return (
    <Card title="Preview">
      <div className="stack">
        <Fault error={filled.error} />
        {filled.data ? <Shown form={filled.data.form} definition={filled.data.definition} /> : !filled.error && <Waiting lines={4} />}
      </div>
    </Card>
  );
}

function Shown({ form, definition }: { form: Form; definition: AppDefinition }) {
  const [changed, setChanged] = useState<Row>({});
  const known = new Set(form.inputs.map(({ name }) => name));
  const row = { ...beginning(form.inputs), ...Object.fromEntries(Object.entries(changed).filter(([name]) => known.has(name))) };
  return (
    <>
      <h3 style={{ margin: 0, fontSize: 20, overflowWrap: "anywhere" }}>{form.title}</h3>
      <AppForm
        form={form}
        row={row}
        onRow={setChanged}
        version={JSON.stringify(definition)}
        ask={async (inputs, signal) => (await answerOf(client.POST("/api/v1/app-drafts", { body: { definition, inputs }, signal }))).reply!}
      />
    </>
  );
}
