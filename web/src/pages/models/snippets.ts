/** Programs that call a model, by language. */
import type { ModelDetail } from "~/api/schema";

export type Language = "curl" | "cli" | "python" | "javascript" | "r" | "java" | "csharp";

export const LANGUAGES: { value: Language; label: string }[] = [
  { value: "curl", label: "curl" },
  { value: "cli", label: "unshelf" },
  { value: "python", label: "Python" },
  { value: "javascript", label: "JavaScript" },
  { value: "java", label: "Java" },
  { value: "csharp", label: "C#" },
  { value: "r", label: "R" },
];

type Inputs = ModelDetail["version"]["signature"]["inputs"];

/** One row that the signature takes. */
export function exampleInputs(inputs: Inputs): unknown[] {
  if (inputs.kind === "columns") {
    return [Object.fromEntries(inputs.columns.map(({ name, type, categories }) => [name, categories?.[0] ?? valueOf(type)]))];
  }
  const [first] = inputs.tensors;
  if (!first) return [];
  return [nested(first.shape.slice(1), valueOf(first.type))];
}

function nested(shape: number[], value: unknown): unknown {
  const [size, ...rest] = shape;
  return size === undefined ? value : Array.from({ length: size < 0 ? 1 : size }, () => nested(rest, value));
}

function valueOf(type: string): unknown {
  if (type.startsWith("float")) return 0.5;
  if (/^u?int/.test(type)) return 1;
  if (type === "bool") return true;
  if (type === "datetime") return "2026-01-31T12:00:00Z";
  if (type === "json") return {};
  return "text";
}

/** The program; it reads the token from the environment, so that no secret stands in it. */
export function snippet(language: Language, origin: string, model: string, inputs: unknown[]): string {
  const address = `${origin}/models/${encodeURIComponent(model)}/predict`;
  const body = JSON.stringify({ inputs });
  switch (language) {
    case "curl":
      return `curl ${shellQuoted(address)} \\\n  -H "Authorization: Bearer $UNSHELF_TOKEN" \\\n  -H 'Content-Type: application/json' \\\n  -d ${shellQuoted(body)}`;
    case "cli":
      return `echo ${shellQuoted(JSON.stringify(inputs))} | unshelf predict ${shellQuoted(model)} --data -`;
    case "python":
      return `import json\nimport os\nimport urllib.request\n\nrequest = urllib.request.Request(\n    ${JSON.stringify(address)},\n    data=json.dumps({"inputs": json.loads(r'''${JSON.stringify(inputs).replaceAll("'", "\\u0027")}''')}).encode(),\n    headers={"Authorization": f"Bearer {os.environ['UNSHELF_TOKEN']}", "Content-Type": "application/json"},\n)\nprint(json.load(urllib.request.urlopen(request))["outputs"])`;
    case "javascript":
      return `const answer = await fetch(${JSON.stringify(address)}, {\n  method: "POST",\n  headers: { Authorization: \`Bearer \${process.env.UNSHELF_TOKEN}\`, "Content-Type": "application/json" },\n  body: JSON.stringify({ inputs: ${JSON.stringify(inputs)} }),\n});\nconsole.log((await answer.json()).outputs);`;
    case "java":
      return `import java.net.URI;\nimport java.net.http.*;\n\npublic class Predict {\n  public static void main(String[] arguments) throws Exception {\n    var request = HttpRequest.newBuilder(URI.create(${JSON.stringify(address)}))\n        .header("Authorization", "Bearer " + System.getenv("UNSHELF_TOKEN"))\n        .header("Content-Type", "application/json")\n        .POST(HttpRequest.BodyPublishers.ofString(${JSON.stringify(body)}))\n        .build();\n    System.out.println(HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body());\n  }\n}`;
    case "csharp":
      return `using System.Net.Http.Headers;\nusing System.Text;\n\nvar client = new HttpClient();\nclient.DefaultRequestHeaders.Authorization =\n    new AuthenticationHeaderValue("Bearer", Environment.GetEnvironmentVariable("UNSHELF_TOKEN"));\nvar body = new StringContent(${JSON.stringify(body)}, Encoding.UTF8, "application/json");\nvar answer = await client.PostAsync(${JSON.stringify(address)}, body);\nConsole.WriteLine(await answer.Content.ReadAsStringAsync());`;
    case "r":
      return `library(httr2)\n\nrequest(${JSON.stringify(address)}) |>\n  req_auth_bearer_token(Sys.getenv("UNSHELF_TOKEN")) |>\n  req_body_raw(${JSON.stringify(body)}, "application/json") |>\n  req_perform() |>\n  resp_body_json() |>\n  getElement("outputs")`;
  }
}

/** For a shell: within single quotes nothing has a meaning. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
