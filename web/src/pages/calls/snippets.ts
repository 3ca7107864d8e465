/** Programs that call a model, by language. Each can be saved and run as it stands. */
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

/** The program; it reads the token from the environment, so that no secret stands in it. */
export function snippet(language: Language, address: string, model: string, inputs: unknown[]): string {
  const body = plainJson({ inputs });
  switch (language) {
    case "curl":
      return `curl ${shellQuoted(address)} \\\n  -H "Authorization: Bearer $UNSHELF_TOKEN" \\\n  -H 'Content-Type: application/json' \\\n  -d ${shellQuoted(body)}`;
    case "cli":
      return `echo ${shellQuoted(plainJson(inputs))} | unshelf predict ${shellQuoted(model)} --data -`;
    case "python":
      return `import json
import os
import urllib.request

request = urllib.request.Request(
    ${quoted(address)},
    data=${quoted(body)}.encode(),
    headers={"Authorization": f"Bearer {os.environ['UNSHELF_TOKEN']}", "Content-Type": "application/json"},
)
print(json.load(urllib.request.urlopen(request))["outputs"])`;
    case "javascript":
      return `const answer = await fetch(${quoted(address)}, {
  method: "POST",
  headers: { Authorization: \`Bearer \${process.env.UNSHELF_TOKEN}\`, "Content-Type": "application/json" },
  body: ${quoted(body)},
});
console.log((await answer.json()).outputs);`;
    case "java":
      return `import java.net.URI;
import java.net.http.*;

public class Predict {
  public static void main(String[] arguments) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(${quoted(address)}))
        .header("Authorization", "Bearer " + System.getenv("UNSHELF_TOKEN"))
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(${quoted(body)}))
        .build();
    System.out.println(HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body());
  }
}`;
    case "csharp":
      return `using System;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;
using System.Threading.Tasks;

class Predict
{
    static async Task Main()
    {
        var client = new HttpClient();
        client.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Bearer", Environment.GetEnvironmentVariable("UNSHELF_TOKEN"));
        var body = new StringContent(${quoted(body)}, Encoding.UTF8, "application/json");
        var answer = await client.PostAsync(${quoted(address)}, body);
        Console.WriteLine(await answer.Content.ReadAsStringAsync());
    }
}`;
    case "r":
      return `library(httr2)

answer <- request(${quoted(address)}) |>
  req_auth_bearer_token(Sys.getenv("UNSHELF_TOKEN")) |>
  req_body_raw(${quoted(body)}, "application/json") |>
  req_perform() |>
  resp_body_json()
print(unlist(answer$outputs))`;
  }
}

/** JSON in ASCII, so that it does not matter in which encoding a program is saved. */
export function plainJson(value: unknown): string {
  return JSON.stringify(value).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A string literal that means the same in each of the languages. */
function quoted(asciiText: string): string {
  return JSON.stringify(asciiText);
}

/** For a shell: within single quotes nothing has a meaning. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
