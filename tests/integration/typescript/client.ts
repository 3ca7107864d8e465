// A program against the control API, compiled and run: each expression below has a type from the OpenAPI document alone.
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

const client = createClient<paths>({
  baseUrl: process.env["UNSHELF_URL"] ?? "",
  headers: { Authorization: `Bearer ${process.env["UNSHELF_TOKEN"] ?? ""}` },
});

const models = await client.GET("/api/v1/models", { params: { query: { limit: 200 } } });
if (models.error) throw new Error(`${models.error.code}: ${models.error.detail}`);
const names: string[] = models.data.models.map((model) => model.name);
const cursor: string | null | undefined = models.data.next_cursor;

const shown = await client.GET("/api/v1/models/{ref}", { params: { path: { ref: "typed" } } });
if (shown.error) throw new Error(shown.error.hint);
const version: components["schemas"]["VersionDetail"] = shown.data.version;
const inputs: components["schemas"]["Columns"] | components["schemas"]["Tensors"] = version.signature.inputs;
const columns: string[] = inputs.kind === "columns" ? inputs.columns.map((column) => column.name) : [];
const bytes: number = version.files.reduce((sum, file) => sum + file.size, 0);
const memory: number = version.checks.memory_bytes;

const missing = await client.GET("/api/v1/models/{ref}", { params: { path: { ref: "nothing" } } });
const code: string | undefined = missing.error?.code;

const tensors = await client.GET("/v2/models/{ref}", { params: { path: { ref: "typed" } } });
const tensor: components["schemas"]["TensorMetadata"] | undefined = tensors.data?.inputs[0];
const inferred = await client.POST("/v2/models/{ref}/infer", {
  params: { path: { ref: "typed" } },
  body: {
    inputs: (tensors.data?.inputs ?? []).map((input) => {
      const shape = input.shape.map((size) => (size < 0 ? 1 : size));
      const data = new Array<number>(shape.reduce((product, size) => product * size, 1)).fill(1);
      return { name: input.name, datatype: input.datatype, shape, data };
    }),
  },
});
const answered: string | undefined = typeof inferred.data === "object" ? inferred.data.model_version : undefined;
const ready = await client.GET("/readyz");
const hostReady: boolean | undefined = ready.data?.parts.host;

console.log(JSON.stringify({ names, cursor: cursor ?? null, columns, files: bytes > 0, checked: memory > 0, code, datatype: tensor?.datatype, answered, hostReady }));
