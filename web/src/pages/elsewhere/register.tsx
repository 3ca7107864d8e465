/** Register a model that runs on other infrastructure: a name, and a few of its records, which say what it takes and answers. */
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import { useProject } from "~/app/project";
import { path, useGo } from "~/parts/link";
import { Card, Page } from "~/parts/page";
import { Answer, Failure, Fault } from "~/parts/placeholders";
import { SchemaForm, type Values } from "~/parts/schemaform";
import { recordsOf, signatureOf, type Column } from "./recordfile";

const MOST = 1_000;
const EXAMPLE = '{"inputs": {"age": 41, "plan": "pro"}, "output": "stays"}\n{"inputs": {"age": 23, "plan": "basic"}, "output": "leaves"}';
const DENIED = { status: 403, code: "forbidden", detail: "You may not register models anywhere.", hint: "Ask an owner of a project for the role contributor." };
const TASKS = ["classification", "regression", "ranking"] as const;

export function RegisterPage() {
  const may = useMay();
  return (
    <Page title="Register a model that runs elsewhere" within={[["Models", "/models"]]} says="It stays on its own infrastructure: its records are sent here, and are monitored like any other model's.">
      {may("model.deploy") ? <Register /> : <Failure error={DENIED} />}
    </Page>
  );
}

function Register() {
  const go = useGo();
  const may = useMay();
  const [current] = useProject();
  const [example, setExample] = useState("");
  const answer = $api.useQuery("get", "/api/v1/projects", { params: { query: { limit: MOST } } });
  const projects = answer.data?.projects ?? [];
  const mine = projects.filter(({ name }) => may("model.deploy", { project: name }));
  const found = read(example);

  async function register({ name, project, place, task, description }: Values) {
    if (!found || "fault" in found) throw { code: "invalid_input", status: 422, detail: found?.fault ?? "Give a few records." };
    const signature = { inputs: { kind: "columns" as const, columns: found.inputs }, outputs: { kind: "columns" as const, columns: found.outputs } };
    const made = await answerOf(
      client.POST("/api/v1/models", {
        body: { name: String(name), project: project ? String(project) : null, place: String(place ?? ""), description: String(description ?? ""), task: TASKS.find((each) => each === task) ?? null, signature },
      }),
    );
    await askAnew("/api/v1/models", "/api/v1/fleet");
    go(`${path`/models/${made.name}`}?tab=records`);
  }

  return (
    <div className="columns">
      <Card title="The model">
        <Answer of={answer} lines={8}>
          {() => <SchemaForm
          fields={[
            { kind: "text", name: "name", label: "Name", description: "Lower-case letters, digits and hyphens. A name that is there already gets its next version.", required: true },
            { kind: "choice", name: "project", label: "Project", options: mine.map(({ name, title }) => ({ value: name, label: title || name })), required: true },
            { kind: "text", name: "place", label: "Where it runs", placeholder: "SageMaker, eu-west-1" },
            { kind: "choice", name: "task", label: "Task", description: "Empty: it is inferred from the answers.", options: [...TASKS] },
            { kind: "text", name: "description", label: "What it does" },
            { kind: "long", name: "example", label: "A few of its records", description: "A JSON object a line, or a CSV table with the answer in the column output.", placeholder: EXAMPLE, required: true },
          ]}
          initial={{ project: current || (mine.some(({ name }) => name === "default") ? "default" : "") }}
          submit="Register the model"
          onChange={(values) => setExample(String(values["example"] ?? ""))}
          onSubmit={register}
        />}
        </Answer>
      </Card>
      <Card title="What it takes and answers">
        {!found ? (
          <p className="muted" style={{ margin: 0 }}>The records on the left say it: each input with its type, and the answer.</p>
        ) : "fault" in found ? (
          <Fault error={{ code: "invalid_input", status: 422, detail: found.fault }} />
        ) : (
          <>
            <Columns label="Inputs" of={found.inputs} />
            <Columns label="Answers" of={found.outputs} />
            <p className="small muted" style={{ marginBottom: 0 }}>A type that is wrong here comes from the records: write 1.0 for a number that may have a fraction.</p>
          </>
        )}
      </Card>
    </div>
  );
}

function read(example: string) {
  if (!example.trim()) return undefined;
  const records = recordsOf(example);
  return "fault" in records ? records : withFractions(example, signatureOf(records.records));
}

/** JSON has one kind of number: 1.0 in the text says that a column may have fractions. */
function withFractions(example: string, found: ReturnType<typeof signatureOf>): ReturnType<typeof signatureOf> {
  if ("fault" in found || !example.trimStart().startsWith("{")) return found;
  const widened = (columns: Column[]) => columns.map((column) => (column.type === "int64" && new RegExp(`${JSON.stringify(column.name).replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}\\s*:\\s*-?\\d+\\.\\d`).test(example) ? { ...column, type: "float64" as const } : column));
  return { inputs: widened(found.inputs), outputs: widened(found.outputs) };
}

function Columns({ label, of }: { label: string; of: Column[] }) {
  return (
    <table className="table" aria-label={label} style={{ marginBottom: 12 }}>
      <thead>
        <tr>
          <th scope="col">{label}</th>
          <th scope="col">Type</th>
        </tr>
      </thead>
      <tbody>
        {of.map(({ name, type }) => (
          <tr key={name}>
            <td>{name}</td>
            <td className="mono">{type}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
