/** An executed notebook, shown from its data alone: sources and texts as text, plots as pictures, and nothing of its HTML. */
import { useQuery } from "@tanstack/react-query";

import { Card } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";

interface Output {
  output_type: string;
  name?: string;
  text?: Text;
  data?: Record<string, Text>;
  ename?: string;
  evalue?: string;
}

interface Cell {
  cell_type: string;
  source: Text;
  outputs?: Output[];
  execution_count?: number | null;
}

type Text = string | string[];

const MOST_BYTES = 20 << 20;
const PICTURES = ["image/png", "image/jpeg"];

/** The text that a notebook has as one string or as lines. */
export function textOf(text: Text | undefined): string {
  return Array.isArray(text) ? text.join("") : typeof text === "string" ? text : "";
}

/** The address of a picture among an output's data; none where there is no picture of a known kind, or none in base64. */
export function pictureOf(data: Record<string, Text> | undefined): string | undefined {
  for (const type of PICTURES) {
    const content = textOf(data?.[type]).replace(/\s+/g, "");
    if (/^[A-Za-z0-9+/]+=*$/.test(content)) return `data:${type};base64,${content}`;
  }
  return undefined;
}

export function Notebook({ job, name, attempt, size }: { job: string; name: string; attempt: number; size: number }) {
  const address = `/api/v1/jobs/${encodeURIComponent(job)}/files?path=${encodeURIComponent(name)}&attempt=${attempt}`;
  const answer = useQuery({
    queryKey: ["notebook", job, name, attempt],
    enabled: size <= MOST_BYTES,
    queryFn: async ({ signal }) => {
      const response = await fetch(address, { signal });
      if (!response.ok) throw new Error(`The notebook can't be read: ${response.status}.`);
      return (await response.json()) as { cells?: Cell[] };
    },
  });
  if (size > MOST_BYTES) {
    return (
      <Empty title="The notebook is too large to be shown">
        <p>
          <a download href={address}>
            Download {name}
          </a>
        </p>
      </Empty>
    );
  }
  return (
    <Answer of={answer} lines={8}>
      {(found) => (
        <div className="stack">
          {(found.cells ?? []).map((cell, number) => (
            <Card key={number} title={cell.cell_type === "code" ? `In [${cell.execution_count ?? " "}]` : "Text"}>
              <pre style={{ margin: 0, whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{textOf(cell.source)}</pre>
              {(cell.outputs ?? []).map((output, place) => (
                <Shown key={place} output={output} />
              ))}
            </Card>
          ))}
        </div>
      )}
    </Answer>
  );
}

function Shown({ output }: { output: Output }) {
  const picture = pictureOf(output.data);
  if (picture) return <img src={picture} alt={textOf(output.data?.["text/plain"]) || "A plot of the notebook"} style={{ maxWidth: "100%", background: "#fff" }} />;
  const text = output.output_type === "error" ? `${output.ename ?? "Error"}: ${output.evalue ?? ""}` : output.output_type === "stream" ? textOf(output.text) : textOf(output.data?.["text/plain"]);
  return text ? <pre className={output.output_type === "error" ? "prose" : "muted"} style={{ margin: 0, whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{text}</pre> : null;
}
