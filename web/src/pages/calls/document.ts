/** A model's own OpenAPI document, and what people read of it: its fields, its example, its refusals. */
import { $api } from "~/api/client";

export interface Schema {
  type?: string | string[];
  format?: string;
  contentEncoding?: string;
  enum?: unknown[];
  examples?: unknown[];
  oneOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  default?: unknown;
  description?: string;
}

export interface ModelDocument {
  info: { title: string; version: string };
  servers: { url: string }[];
  paths: Record<string, { post: Operation }>;
  components: { schemas: { Row: Schema; Output: Schema } };
}

interface Operation {
  requestBody: { content: { "application/json": { schema: Schema; example: { inputs: unknown[] } } } };
  responses: Record<string, { description: string }>;
}

export function useDocument(ref: string) {
  return $api.useQuery("get", "/api/v1/models/{ref}/openapi.json", { params: { path: { ref } } }, { select: (found) => found as unknown as ModelDocument });
}

/** The path of predictions, and what is done there. */
export function operationOf(document: ModelDocument): [path: string, operation: Operation] {
  const [[path, { post }]] = Object.entries(document.paths) as [[string, { post: Operation }]];
  return [path, post];
}

/** The address that callers use: the server's own name for itself, else that of this page. */
export function addressOf(document: ModelDocument, origin: string): string {
  const server = document.servers[0]?.url ?? "/";
  const [path] = operationOf(document);
  return (server === "/" ? origin : server.replace(/\/$/, "")) + path.split("/").map(encodeURIComponent).join("/");
}

export interface FieldOfRow {
  name: string;
  type: string;
  isNeeded: boolean;
  takes: string;
}

/** The fields of a row, in the order of the signature. Tensors and bare values are one field without a name. */
export function fieldsOf(schema: Schema): FieldOfRow[] {
  if (!schema.properties) return [{ name: "", type: typeWords(schema), isNeeded: true, takes: takenWords(schema) }];
  return Object.entries(schema.properties).map(([name, field]) => ({
    name,
    type: typeWords(field),
    isNeeded: schema.required?.includes(name) ?? false,
    takes: takenWords(field),
  }));
}

function typeWords(schema: Schema): string {
  if (schema.enum) return "one of";
  if (schema.oneOf) return schema.oneOf.map(typeWords).join(" or ");
  if (schema.contentEncoding) return `text in ${schema.contentEncoding}`;
  const types = schema.type === undefined ? ["anything"] : [schema.type].flat();
  return types.map((type) => (type === "array" ? sizedWords(schema) : wordOf(type, schema.format))).join(" or ");
}

function sizedWords({ items = {}, minItems }: Schema): string {
  return `list of ${minItems === undefined ? "" : `${minItems} `}${typeWords(items)}`;
}

function wordOf(type: string, format?: string): string {
  if (format === "date-time") return "date and time";
  if (format === "duration") return "duration";
  return { string: "text", integer: "whole number", boolean: "true or false" }[type] ?? type;
}

/** The values that are taken, where they are bounded. */
function takenWords(schema: Schema): string {
  const left = "default" in schema && schema.default !== undefined ? `left out: ${JSON.stringify(schema.default)}` : "";
  return [rangeWords(schema), left].filter(Boolean).join("; ");
}

const WIDE = 2 ** 31;

function rangeWords({ enum: values, examples, minimum, maximum }: Schema): string {
  if (values) return values.map((value) => JSON.stringify(value)).join(", ");
  if (examples) return `such as ${examples.map((value) => JSON.stringify(value)).join(", ")}`;
  if (minimum === undefined || maximum === undefined) return "";
  if (maximum > WIDE) return minimum === 0 ? "0 and more" : ""; // the width of a machine's word tells a reader nothing
  return `${minimum} to ${maximum}`;
}
