/** What the programs of a model or a version wrote, live. */
import { Button, Switch, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";

import { Copy } from "~/parts/copy";
import { ChoiceFilter, FilterBar, TextFilter } from "~/parts/filters";
import { counted } from "~/parts/figures";
import { exactTime } from "~/parts/moment";
import { Empty, Fault } from "~/parts/placeholders";
import { useView } from "~/parts/view";
import { useLines } from "../predictions/asking";
import { Story } from "../predictions/story";

interface LogLine {
  time: string | null;
  version: number;
  replica: string | number;
  text: string;
}

const TAIL = 200;

export function LogsTab({ model, versions }: { model: string; versions: number[] }) {
  const [view, setView] = useView({ of: "", says: "", follow: true, one: "" });
  const known = versions.map(String);
  const reference = known.includes(view.of) ? `${model}:${view.of}` : model;
  const { lines, error } = useLines<LogLine>(`/api/v1/models/${encodeURIComponent(reference)}/output?tail=${TAIL}&follow=${view.follow}`);
  const shown = [...lines].reverse().filter(({ text }) => text.toLowerCase().includes(view.says.toLowerCase()));
  return (
    <div className="stack">
      <FilterBar>
        <ChoiceFilter label="Version" all="Every version" value={known.includes(view.of) ? view.of : ""} options={[...known].reverse().map((number) => ({ value: number, label: `Version ${number}` }))} onChange={(of) => setView({ of })} />
        <TextFilter label="Filter by text" value={view.says} onChange={(says) => setView({ says })} />
        <Switch label="Live" checked={view.follow} onChange={(event) => setView({ follow: event.currentTarget.checked })} />
        <ById onChosen={(one) => setView({ one }, { replace: false })} />
      </FilterBar>
      <Story model={model} id={view.one} onClose={() => setView({ one: "" })} />
      <Fault error={error} />
      {shown.length === 0 ? (
        <Empty title="Nothing was written">
          <p>What the model's code prints, its warnings and tracebacks appear here as they are written.</p>
        </Empty>
      ) : (
        <div>
          <div className="code">
            <pre tabIndex={0} aria-label={`Output of ${reference}`} style={{ maxHeight: "60vh" }}>
              {shown.map(({ time, version, replica, text }) => `${time ? exactTime(time) : ""}  ${version}/${replica}  ${text}`).join("\n")}
            </pre>
            <Copy text={shown.map(({ text }) => text).join("\n")} what="Copy the lines" />
          </div>
          <div className="small muted" style={{ marginTop: 8 }} aria-live="off">
            {counted(shown.length, "line")}; version and worker stand before each.
          </div>
        </div>
      )}
    </div>
  );
}

/** The traceback of a prediction that failed: callers get its id, and nothing else of it. */
function ById({ onChosen }: { onChosen: (id: string) => void }) {
  const [id, setId] = useState("");
  function find(event: FormEvent) {
    event.preventDefault();
    if (id.trim()) onChosen(id.trim());
  }
  return (
    <form onSubmit={find} className="row" style={{ gap: 4, flexWrap: "nowrap" }}>
      <TextInput aria-label="Id of a prediction" placeholder="Id of a prediction" value={id} onChange={(event) => setId(event.currentTarget.value)} autoComplete="off" />
      <Button type="submit" variant="default">
        Find its traceback
      </Button>
    </form>
  );
}
