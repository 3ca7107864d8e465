/** The inputs of an app in the editor: which are shown, and in which words. */
import { ActionIcon, NumberInput, Switch, Textarea, TextInput } from "@mantine/core";
import { ArrowDown, ArrowUp } from "lucide-react";
import { useState } from "react";

import type { AppDefinition, AppInput } from "~/api/schema";
import { Card } from "~/parts/page";

interface Props {
  inputs: AppInput[];
  hidden: Record<string, unknown>;
  onChange: (change: Pick<AppDefinition, "inputs" | "hidden">) => void;
}

export function InputsEditor({ inputs, hidden, onChange }: Props) {
  const set = (place: number, some: Partial<AppInput>) => onChange({ hidden, inputs: inputs.map((each, at) => (at === place ? { ...each, ...some } : each)) });
  function move(place: number, by: number) {
    const next = [...inputs];
    [next[place], next[place + by]] = [next[place + by]!, next[place]!];
    onChange({ hidden, inputs: next });
  }
  function hide(place: number) {
    const { name, default: usual } = inputs[place]!;
    onChange({ inputs: inputs.filter((_, at) => at !== place), hidden: { ...hidden, [name]: usual ?? null } });
  }
  function show(name: string) {
    const rest = Object.fromEntries(Object.entries(hidden).filter(([each]) => each !== name));
    onChange({ inputs: [...inputs, { name, default: hidden[name] }], hidden: rest });
  }
  return (
    <Card title="Inputs">
      <ul className="list">
        {inputs.map((input, place) => (
          <li key={input.name} className="stack" style={{ gap: 8 }}>
            <div className="row spread" style={{ flexWrap: "nowrap" }}>
              <strong style={{ overflowWrap: "anywhere", minWidth: 0 }}>{input.name || "Input"}</strong>
              <span className="row" style={{ flexWrap: "nowrap" }}>
                <ActionIcon variant="subtle" color="gray" aria-label={`Move ${input.name} up`} disabled={place === 0} onClick={() => move(place, -1)}>
                  <ArrowUp size={16} aria-hidden />
                </ActionIcon>
                <ActionIcon variant="subtle" color="gray" aria-label={`Move ${input.name} down`} disabled={place === inputs.length - 1} onClick={() => move(place, 1)}>
                  <ArrowDown size={16} aria-hidden />
                </ActionIcon>
                <Switch label="shown" aria-label={`${input.name} is shown`} checked onChange={() => hide(place)} />
              </span>
            </div>
            <OneInput input={input} onChange={(some) => set(place, some)} />
          </li>
        ))}
        {Object.entries(hidden).map(([name, value]) => (
          <li key={`hidden ${name}`} className="stack" style={{ gap: 8 }}>
            <div className="row spread" style={{ flexWrap: "nowrap" }}>
              <span style={{ overflowWrap: "anywhere", minWidth: 0 }}>{name}</span>
              <Switch label="shown" aria-label={`${name} is shown`} checked={false} onChange={() => show(name)} />
            </div>
            <JsonValue label={`Value of ${name}`} value={value} onChange={(next) => onChange({ inputs, hidden: { ...hidden, [name]: next } })} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function OneInput({ input, onChange }: { input: AppInput; onChange: (some: Partial<AppInput>) => void }) {
  const number = (name: "min" | "max" | "step", label: string) => (
    <NumberInput key={name} label={label} aria-label={`${label} of ${input.name}`} w={100} value={input[name] ?? ""} onChange={(value) => onChange({ [name]: typeof value === "number" ? value : null })} />
  );
  return (
    <>
      <div className="row" style={{ alignItems: "flex-end" }}>
        <TextInput label="Label" aria-label={`Label of ${input.name}`} style={{ flex: 1, minWidth: 140 }} value={input.label ?? ""} onChange={(event) => onChange({ label: event.currentTarget.value })} />
        <TextInput label="Unit" aria-label={`Unit of ${input.name}`} w={80} value={input.unit ?? ""} onChange={(event) => onChange({ unit: event.currentTarget.value })} />
      </div>
      <TextInput label="Help" aria-label={`Help of ${input.name}`} value={input.help ?? ""} onChange={(event) => onChange({ help: event.currentTarget.value })} />
      {input.kind === "number" && <div className="row">{[number("min", "From"), number("max", "To"), number("step", "Step")]}</div>}
      {input.choices && (
        <Textarea label="Choices, one a line" aria-label={`Choices of ${input.name}`} autosize maxRows={6} value={input.choices.map(String).join("\n")} onChange={(event) => onChange({ choices: chosen(event.currentTarget.value, input.choices!) })} />
      )}
      <JsonValue label={`Default of ${input.name}`} value={input.default} onChange={(next) => onChange({ default: next })} />
    </>
  );
}

/** Choices of a text, each typed as the choice that is written so. */
export function chosen(text: string, before: (string | number | boolean)[]): (string | number | boolean)[] {
  return text.split("\n").map((line) => before.find((each) => String(each) === line) ?? line);
}

function JsonValue({ label, value, onChange }: { label: string; value: unknown; onChange: (value: unknown) => void }) {
  const [text, setText] = useState(() => writtenValue(value));
  return (
    <TextInput
      label={label}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        onChange(readValue(event.currentTarget.value));
      }}
    />
  );
}

/** A value as people write it: texts as they are, everything else as JSON. */
export function writtenValue(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" && readValue(value) === value ? value : JSON.stringify(value);
}

export function readValue(text: string): unknown {
  if (text === "") return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
