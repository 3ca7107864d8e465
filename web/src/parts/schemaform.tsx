/** A form made from a description of its fields: each part of the product that is configured brings a description, not a form. */
import { Button, Group, NumberInput, PasswordInput, Select, Switch, Textarea, TextInput } from "@mantine/core";
import { useState, type ReactNode } from "react";

import { isProblem } from "~/api/problem";
import { Fault } from "./placeholders";

interface Base {
  name: string;
  label: string;
  description?: string;
  required?: boolean;
}

export type Field =
  | (Base & { kind: "text" | "long" | "secret"; placeholder?: string })
  | (Base & { kind: "number"; min?: number; max?: number; step?: number; unit?: string })
  | (Base & { kind: "choice"; options: (string | { value: string; label: string })[] })
  | (Base & { kind: "yes" });

export type Values = Record<string, string | number | boolean | null>;

interface Props {
  fields: Field[];
  initial?: Values;
  /** The act, on the button. */
  submit: string;
  onSubmit: (values: Values) => Promise<unknown>;
  onCancel?: () => void;
  /** Hears of each change, for what is shown beside the fields. */
  onChange?: (values: Values) => void;
  children?: ReactNode;
}

/** What is missing or out of range, by field. */
export function faultsOf(fields: Field[], values: Values): Record<string, string> {
  const faults: Record<string, string> = {};
  for (const field of fields) {
    const value = values[field.name];
    const isEmpty = value === undefined || value === null || value === "";
    if (isEmpty) {
      if (field.required) faults[field.name] = "This is needed.";
      continue;
    }
    if (field.kind === "number" && typeof value === "number") {
      if (field.min !== undefined && value < field.min) faults[field.name] = `At least ${field.min}.`;
      if (field.max !== undefined && value > field.max) faults[field.name] = `At most ${field.max}.`;
    }
  }
  return faults;
}

export function SchemaForm({ fields, initial = {}, submit, onSubmit, onCancel, onChange, children }: Props) {
  const [values, setValues] = useState<Values>(initial);
  const [faults, setFaults] = useState<Record<string, string>>({});
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);

  function change(next: Values) {
    setValues(next);
    onChange?.(next);
  }

  async function send() {
    const found = faultsOf(fields, values);
    setFaults(found);
    setError(undefined);
    if (Object.keys(found).length > 0) return;
    setBusy(true);
    try {
      await onSubmit(values);
    } catch (problem) {
      setError(problem);
      setFaults(serverFaults(problem, fields));
    } finally {
      setBusy(false);
    }
  }

  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <div className="stack">
        {fields.map((field) => (
          <OneField key={field.name} field={field} value={values[field.name]} fault={faults[field.name]} onChange={(value) => change({ ...values, [field.name]: value })} />
        ))}
        {children}
        <Fault error={error} />
        <Group justify={onCancel ? "flex-end" : "flex-start"}>
          {onCancel && (
            <Button variant="default" onClick={onCancel}>
              Cancel
            </Button>
          )}
          <Button type="submit" loading={busy}>
            {submit}
          </Button>
        </Group>
      </div>
    </form>
  );
}

interface OneProps {
  field: Field;
  value: Values[string] | undefined;
  fault?: string;
  onChange: (value: Values[string]) => void;
}

function OneField({ field, value, fault, onChange }: OneProps) {
  const shared = { label: field.label, description: field.description, error: fault, withAsterisk: field.required, name: field.name };
  switch (field.kind) {
    case "text":
      return <TextInput {...shared} placeholder={field.placeholder} value={String(value ?? "")} onChange={(event) => onChange(event.currentTarget.value)} autoComplete="off" />;
    case "secret":
      return <PasswordInput {...shared} value={String(value ?? "")} onChange={(event) => onChange(event.currentTarget.value)} autoComplete="new-password" />;
    case "long":
      return <Textarea {...shared} autosize minRows={3} maxRows={12} placeholder={field.placeholder} value={String(value ?? "")} onChange={(event) => onChange(event.currentTarget.value)} />;
    case "number":
      return (
        <NumberInput
          {...shared}
          min={field.min}
          max={field.max}
          step={field.step}
          clampBehavior="none"
          rightSection={field.unit ? <span className="small muted">{field.unit}</span> : undefined}
          rightSectionWidth={field.unit ? 56 : undefined}
          value={typeof value === "number" ? value : ""}
          onChange={(given) => onChange(typeof given === "number" ? given : null)}
        />
      );
    case "choice":
      return <Select {...shared} data={field.options} value={value === undefined || value === null ? null : String(value)} onChange={onChange} searchable={field.options.length > 8} clearable={!field.required} allowDeselect={!field.required} />;
    case "yes":
      return <Switch label={field.label} description={field.description} checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />;
  }
}

/** What the server says of single fields stands beside these. */
function serverFaults(problem: unknown, fields: Field[]): Record<string, string> {
  if (!isProblem(problem)) return {};
  const known = new Set(fields.map(({ name }) => name));
  const of = (problem.errors ?? []).filter(({ column }) => column && known.has(column));
  return Object.fromEntries(of.map(({ column, expected }) => [column!, `Expected ${expected}.`]));
}
