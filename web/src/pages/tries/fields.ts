/** The fields of a form for a version's inputs: from its signature, the profile of its baseline and the first row of its example. */
import type { Column, ColumnProfile, Parameter, TryForm } from "~/api/schema";

export type Value = string | number | boolean | null | object;
/** Name of a field → its value; a field that is missing here is left out of the request. */
export type Row = Record<string, Value | undefined>;

export type Kind = "number" | "yes" | "choice" | "text" | "date" | "moment" | "file" | "image" | "json";

export interface Field {
  name: string;
  /** The name for people, where it has one. */
  label?: string;
  kind: Kind;
  /** The type in the words of the signature. */
  type: string;
  usual: Value | undefined;
  description?: string;
  /** Of a number: the range of the baseline, or that of a parameter. */
  min?: number;
  max?: number;
  isWhole?: boolean;
  /** Of a number the step of its slider. */
  step?: number;
  /** Of a choice the only values; of a text the most frequent ones. */
  options?: (string | number | boolean)[];
  /** Whether other values than `options` are taken. */
  isOpen?: boolean;
  mayMiss: boolean;
  mayBeLeftOut: boolean;
  /** Of a moment: whether its text has an offset. */
  hasZone?: boolean;
}

const MOST_SUGGESTIONS = 50;

/** The only tensor that a model takes without a name: its row is the nested array itself. */
export const WHOLE = "";

export function fieldsOf(form: Pick<TryForm, "signature" | "inputs" | "baseline">): Field[] {
  const { inputs } = form.signature;
  if (!inputs) return [];
  const profiles = new Map(form.baseline.map((profile) => [profile.name, profile]));
  const example = form.inputs[0] as unknown;
  if (inputs.kind === "tensors") {
    return inputs.tensors.map(({ name, type, shape }) => {
      const field = inputs.tensors.length === 1 && !inputs.named ? WHOLE : name;
      const given = field === WHOLE ? example : (example as Row | undefined)?.[name];
      return { name: field, kind: "json", type: `${type}, ${shape.slice(1).map((size) => (size < 0 ? "n" : size)).join(" × ") || "one value"}`, usual: (given ?? zeros(shape.slice(1))) as Value, mayMiss: false, mayBeLeftOut: false };
    });
  }
  return inputs.columns.map((column, place) => columnField(column, profiles.get(column.name), valueIn(example, column.name, place)));
}

/** The example's value of a column: rows are objects, arrays in column order, or bare values. */
function valueIn(example: unknown, name: string, place: number): Value | undefined {
  if (Array.isArray(example)) return example[place] as Value;
  if (typeof example === "object" && example !== null) return (example as Row)[name];
  return place === 0 ? (example as Value | undefined) : undefined;
}

function columnField(column: Column, profile: ColumnProfile | undefined, example: Value | undefined): Field {
  const kind = kindOf(column, example);
  const field: Field = {
    name: column.name,
    kind,
    type: column.items ?? column.type,
    usual: undefined,
    mayMiss: column.nullable !== false || column.missing != null,
    mayBeLeftOut: column.optional === true || column.default !== undefined,
  };
  if (kind === "number") {
    field.isWhole = /^u?int/.test(column.type);
    if (typeof profile?.minimum === "number") field.min = profile.minimum;
    if (typeof profile?.maximum === "number") field.max = profile.maximum;
  }
  if (column.categories) [field.options, field.isOpen] = [column.categories, column.unseen === true];
  else if (kind === "text" && profile) [field.options, field.isOpen] = [(profile.top ?? []).map(({ value }) => value).slice(0, MOST_SUGGESTIONS), true];
  if (kind === "moment") field.hasZone = /,|time_zone=(?!None)/.test(column.dtype ?? "") || (typeof example === "string" && /(Z|[+-]\d\d:\d\d)$/.test(example));
  field.usual = example !== undefined ? example : usualOf(field, column, profile);
  return field;
}

function kindOf({ type, categories, items, dtype }: Column, example: Value | undefined): Kind {
  if (categories) return "choice";
  if (/^(u?int|float)/.test(type)) return "number";
  if (type === "bool") return "yes";
  if (type === "bytes") return items?.startsWith("image") ? "image" : "file";
  if (type === "json") return "json";
  if (type !== "datetime") return "text";
  const isDay = items === "date" || dtype === "Date" || dtype?.includes("date32") || (typeof example === "string" && example.length === 10);
  return isDay ? "date" : "moment";
}

function usualOf(field: Field, column: Column, profile: ColumnProfile | undefined): Value | undefined {
  if (column.default !== undefined) return column.default as Value;
  switch (field.kind) {
    case "number": {
      const middle = profile?.mean ?? 0;
      return field.isWhole ? Math.round(middle) : Number(middle.toPrecision(3));
    }
    case "choice":
      return field.options?.[0] ?? null;
    case "yes":
      return false;
    case "date":
      return typeof profile?.maximum === "string" ? profile.maximum.slice(0, 10) : "2026-01-31";
    case "moment":
      return typeof profile?.maximum === "string" ? profile.maximum : `2026-01-31T12:00:00${field.hasZone ? "Z" : ""}`;
    case "json":
      return {};
    case "text":
      return field.options?.[0] ?? "";
    default:
      return null;
  }
}

function zeros(shape: number[]): unknown {
  const [size, ...rest] = shape;
  return size === undefined ? 0 : Array.from({ length: size < 0 ? 1 : Math.min(size, 64) }, () => zeros(rest));
}

/** The fields of the parameters that its predictions take. */
export function parameterFields(parameters: Parameter[] = []): Field[] {
  return parameters.map(({ name, type, default: usual, description, min, max, choices }) => {
    const isNumber = type === "integer" || type === "number";
    const kind: Kind = type.startsWith("list") ? "json" : choices ? "choice" : isNumber ? "number" : type === "boolean" ? "yes" : "text";
    return { name, kind, type, usual: (usual ?? undefined) as Value | undefined, description, min: min ?? undefined, max: max ?? undefined, isWhole: type === "integer", options: choices ?? undefined, mayMiss: false, mayBeLeftOut: true };
  });
}

/** The row of a form before anybody changed it. */
export function usualRow(fields: Field[]): Row {
  return Object.fromEntries(fields.map(({ name, usual }) => [name, usual]));
}

/** The row as a request has it: what may be left out and is empty is not there. */
export function requestRow(fields: Field[], row: Row): unknown {
  if (fields.length === 1 && fields[0]!.name === WHOLE) return row[WHOLE];
  const given = fields.filter(({ name, mayBeLeftOut }) => row[name] !== undefined || !mayBeLeftOut);
  return Object.fromEntries(given.map(({ name }) => [name, row[name] ?? null]));
}

/** Parameters as a request has them; undefined: none was given. */
export function requestParams(fields: Field[], row: Row): Record<string, unknown> | undefined {
  const given = fields.filter(({ name }) => row[name] !== undefined && row[name] !== null);
  return given.length ? Object.fromEntries(given.map(({ name }) => [name, row[name]])) : undefined;
}
