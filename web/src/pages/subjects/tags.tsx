/** Tags of a subject: shown, added and taken away. */
import { ActionIcon, TextInput } from "@mantine/core";
import { Plus, X } from "lucide-react";
import { useState, type FormEvent } from "react";

import { $api, answerOf, client } from "~/api/client";
import { useMay, type Place } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import { Fault } from "~/parts/placeholders";
import { Word } from "~/parts/state";
import type { Of } from "./watch";

const after = () => askAnew("/api/v1/subjects", "/api/v1/tags");

export function Tags({ kind, name, place }: Of & { place: Place }) {
  const answer = $api.useQuery("get", "/api/v1/subjects/{kind}/{name}", { params: { path: { kind, name } } });
  const known = $api.useQuery("get", "/api/v1/tags");
  const mayChange = useMay()("comments.write", place);
  const [text, setText] = useState("");
  const [error, setError] = useState<unknown>();

  async function act(asked: Promise<unknown>) {
    setError(undefined);
    try {
      await asked;
      await after();
    } catch (problem) {
      setError(problem);
    }
  }

  async function add(event: FormEvent) {
    event.preventDefault();
    const tag = text.trim();
    if (!tag) return;
    await act(answerOf(client.PUT("/api/v1/subjects/{kind}/{name}/tags/{tag}", { params: { path: { kind, name, tag } } })));
    setText("");
  }

  const tags = answer.data?.tags ?? [];
  const list = `tags-of-${kind}`;
  return (
    <div className="stack" style={{ gap: 8 }}>
      <div className="row" role="group" aria-label="Tags">
        {tags.length === 0 && !mayChange && <span className="muted">none</span>}
        {tags.map(({ tag }) => (
          <span key={tag} className="row" style={{ gap: 2, flexWrap: "nowrap" }}>
            <Word>{tag}</Word>
            {mayChange && (
              <ActionIcon variant="subtle" color="gray" size="sm" aria-label={`Remove the tag ${tag}`} onClick={() => void act(answerOf(client.DELETE("/api/v1/subjects/{kind}/{name}/tags/{tag}", { params: { path: { kind, name, tag } } })))}>
                <X size={14} aria-hidden />
              </ActionIcon>
            )}
          </span>
        ))}
        {mayChange && (
          <form onSubmit={(event) => void add(event)} className="row" style={{ gap: 4, flexWrap: "nowrap" }}>
            <TextInput size="xs" w={130} aria-label="New tag" placeholder="New tag" value={text} list={list} autoComplete="off" onChange={(event) => setText(event.currentTarget.value)} />
            <datalist id={list}>{known.data?.tags.map(({ tag }) => <option key={tag} value={tag} />)}</datalist>
            <ActionIcon type="submit" variant="default" size="30" aria-label="Add the tag">
              <Plus size={16} aria-hidden />
            </ActionIcon>
          </form>
        )}
      </div>
      <Fault error={error} />
    </div>
  );
}
