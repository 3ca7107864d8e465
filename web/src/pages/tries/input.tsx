/** One input of a form: a slider, a drop-down, a date, a text, a file. */
import { ActionIcon, Autocomplete, FileButton, Button, NumberInput, Select, Slider, TextInput, Textarea, Tooltip } from "@mantine/core";
import { Spline } from "lucide-react";
import { useEffect, useState } from "react";

import { figure } from "~/parts/figures";
import type { Field, Row } from "./fields";
import { WHOLE } from "./fields";

interface Props {
  field: Field;
  value: Row[string];
  fault?: string;
  onChange: (value: Row[string]) => void;
  /** Shows how the answer changes with this input. */
  onVary?: () => void;
}

const STEPS = 200;
const ABSENT = "\0absent";

export function Input({ field, value, fault, onChange, onVary }: Props) {
  const label = field.label ?? (field.name === WHOLE ? "Input" : field.name);
  const shared = { label, description: field.description, error: fault, "data-field": field.name };
  const vary = onVary && (
    <Tooltip label="Show how the answer changes with it">
      <ActionIcon variant="subtle" color="gray" size="md" onClick={onVary} aria-label={`Vary ${label}`}>
        <Spline size={16} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
  switch (field.kind) {
    case "number":
      return <NumberField field={field} value={value} shared={shared} onChange={onChange} vary={vary} />;
    case "yes":
    case "choice":
      return <ChoiceField field={field} value={value} shared={shared} onChange={onChange} vary={vary} />;
    case "date":
      return <TextInput {...shared} type="date" value={String(value ?? "")} onChange={(event) => onChange(event.currentTarget.value || empty(field))} />;
    case "moment":
      return <TextInput {...shared} type="datetime-local" step={1} value={String(value ?? "").slice(0, 19)} description={field.hasZone ? "UTC" : field.description} onChange={(event) => onChange(event.currentTarget.value ? `${event.currentTarget.value}${field.hasZone ? "Z" : ""}` : empty(field))} />;
    case "json":
      return <JsonField field={field} value={value} shared={shared} onChange={onChange} />;
    case "file":
    case "image":
      return <FileField field={field} value={value} label={label} fault={fault} onChange={onChange} />;
    default:
      return field.options?.length ? (
        <Autocomplete {...shared} data={[...new Set(field.options.map(String))]} value={String(value ?? "")} onChange={onChange} />
      ) : (
        <Textarea {...shared} autosize minRows={1} maxRows={8} value={String(value ?? "")} onChange={(event) => onChange(event.currentTarget.value)} />
      );
  }
}

interface Shared {
  label: string;
  description?: string;
  error?: string;
}

type PartProps = Pick<Props, "field" | "value" | "onChange"> & { shared: Shared; vary?: React.ReactNode };

function empty(field: Field): Row[string] {
  return field.mayBeLeftOut ? undefined : null;
}

function NumberField({ field, value, shared, onChange, vary }: PartProps) {
  const number = typeof value === "number" ? value : undefined;
  const hasRange = field.min !== undefined && field.max !== undefined && field.min < field.max;
  const step = field.step ? field.step : field.isWhole ? 1 : hasRange ? nice((field.max! - field.min!) / STEPS) : undefined;
  return (
    <div>
      <div className="row" style={{ alignItems: "flex-end", flexWrap: "nowrap" }}>
        <NumberInput {...shared} style={{ flex: 1 }} value={number ?? (typeof value === "string" ? value : "")} step={step ?? 1} allowDecimal={!field.isWhole} onChange={(given) => onChange(typeof given === "number" ? given : given === "" ? empty(field) : given)} />
        {vary}
      </div>
      {hasRange && (
        <div style={{ padding: "6px 8px 0" }}>
          <Slider thumbLabel={`${shared.label}, slider`} min={field.min} max={field.max} step={step} value={number ?? field.min!} onChange={onChange} label={figure} size="sm" />
          <div className="row spread small muted" aria-hidden>
            <span>{figure(field.min!)}</span>
            <span>{figure(field.max!)}</span>
          </div>
        </div>
      )}
    </div>
  );
}

/** The step of a slider: 1, 2 or 5 times a power of ten. */
export function nice(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const digit = [1, 2, 5, 10].find((each) => each * power >= step * 0.999) ?? 10;
  return Number((digit * power).toPrecision(1));
}

function ChoiceField({ field, value, shared, onChange, vary }: PartProps) {
  const options: (string | number | boolean)[] = field.kind === "yes" ? [true, false] : (field.options ?? []);
  const words = (option: string | number | boolean) => (field.kind === "yes" ? (option ? "yes" : "no") : String(option));
  const data = [...options.map((option, place) => ({ value: String(place), label: words(option) })), ...(field.mayMiss || field.mayBeLeftOut ? [{ value: ABSENT, label: "not known" }] : [])];
  const place = options.indexOf(value as string);
  const foreign = place < 0 && value !== null && value !== undefined;
  const shown = foreign ? [...data, { value: "foreign", label: String(value) }] : data;
  return (
    <div className="row" style={{ alignItems: "flex-end", flexWrap: "nowrap" }}>
      {field.isOpen ? (
        <Autocomplete {...shared} style={{ flex: 1 }} data={[...new Set(options.map(String))]} value={String(value ?? "")} onChange={(text) => onChange(options.find((option) => String(option) === text) ?? text)} />
      ) : (
        <Select {...shared} style={{ flex: 1 }} data={shown} searchable={data.length > 8} allowDeselect={false} value={foreign ? "foreign" : place < 0 ? ABSENT : String(place)} onChange={(chosen) => onChange(chosen === ABSENT || chosen === null ? empty(field) : chosen === "foreign" ? value : options[Number(chosen)])} />
      )}
      {vary}
    </div>
  );
}

function JsonField({ field, value, shared, onChange }: PartProps) {
  const written = JSON.stringify(value ?? null);
  const [text, setText] = useState(written);
  const [fault, setFault] = useState("");
  useEffect(() => {
    setText((before) => (sameJson(before, written) ? before : written));
  }, [written]);
  return (
    <Textarea
      {...shared}
      description={`${field.type}, as JSON`}
      error={fault || shared.error}
      autosize
      minRows={2}
      maxRows={12}
      value={text}
      styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13 } }}
      onChange={(event) => {
        const next = event.currentTarget.value;
        setText(next);
        try {
          onChange(JSON.parse(next) as Row[string]);
          setFault("");
        } catch {
          setFault("This is no JSON yet.");
        }
      }}
    />
  );
}

function sameJson(text: string, written: string): boolean {
  try {
    return JSON.stringify(JSON.parse(text)) === written;
  } catch {
    return false;
  }
}

const SIGNATURES: [string, string][] = [["iVBORw0KGgo", "image/png"], ["/9j/", "image/jpeg"], ["R0lGOD", "image/gif"], ["Qk", "image/bmp"], ["UklGR", "image/webp"]];

/** The address of an image in base64 that a browser can show; undefined: it is none. */
export function imageAddress(base64: unknown): string | undefined {
  if (typeof base64 !== "string") return undefined;
  const type = SIGNATURES.find(([start]) => base64.startsWith(start))?.[1];
  return type && /^[A-Za-z0-9+/]+={0,2}$/.test(base64) ? `data:${type};base64,${base64}` : undefined;
}

function FileField({ field, value, label, fault, onChange }: Pick<Props, "field" | "value" | "fault" | "onChange"> & { label: string }) {
  const address = imageAddress(value);
  async function take(file: File | null) {
    if (!file) return;
    const address = await new Promise<string>((done, failed) => {
      const reader = new FileReader();
      reader.onload = () => done(String(reader.result));
      reader.onerror = () => failed(reader.error ?? new Error("The file could not be read."));
      reader.readAsDataURL(file);
    });
    onChange(address.slice(address.indexOf(",") + 1));
  }
  return (
    <div data-field={field.name}>
      <div style={{ fontWeight: 500 }}>{label}</div>
      <div className="row" style={{ marginTop: 4 }}>
        <FileButton onChange={(file) => void take(file)} accept={field.kind === "image" ? "image/*" : undefined}>
          {(props) => (
            <Button {...props} variant="default" size="xs" aria-label={`Choose a file for ${label}`}>
              {field.kind === "image" ? "Choose an image" : "Choose a file"}
            </Button>
          )}
        </FileButton>
        <span className="small muted">{typeof value === "string" ? `${figure(Math.floor((value.length * 3) / 4))} bytes` : "nothing chosen"}</span>
      </div>
      {address && <img src={address} alt={`The chosen ${label}`} style={{ maxWidth: "100%", maxHeight: 200, marginTop: 8, borderRadius: 6 }} />}
      {fault && <div className="small" style={{ color: "var(--mantine-color-error)" }}>{fault}</div>}
    </div>
  );
}
