/** The API of a model, to read: its fields, an example, what comes back, and why a call may be refused. */
import type { ModelDetail } from "~/api/schema";
import { Code, Copyable } from "~/parts/copy";
import { path } from "~/parts/link";
import { Card, Facts } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { addressOf, fieldsOf, operationOf, useDocument, type ModelDocument, type Schema } from "./document";

const INDENT = 2;

export function ApiTab({ model, reference }: { model: ModelDetail; reference: string }) {
  const answer = useDocument(reference);
  return (
    <Answer of={answer} lines={10}>
      {(document) => <Described document={document} model={model} reference={reference} />}
    </Answer>
  );
}

function Described({ document, model, reference }: { document: ModelDocument; model: ModelDetail; reference: string }) {
  const [, operation] = operationOf(document);
  const { schema, example } = operation.requestBody.content["application/json"];
  const parameters = schema.properties?.["params"];
  const { Row, Output } = document.components.schemas;
  return (
    <div className="stack">
      <Card
        title="Ask for predictions"
        aside={
          <a className="button-link" href={path`/api/v1/models/${reference}/openapi.json`} download={`${model.name}.openapi.json`}>
            OpenAPI document
          </a>
        }
      >
        <Facts
          of={[
            ["Address", <Copyable key="address" text={addressOf(document, location.origin)} shown={`POST ${addressOf(document, location.origin)}`} />],
            ["Version", `${document.info.version} is described here; others may take other fields`],
            ["Token", <span key="token">in the header <code>Authorization: Bearer …</code></span>],
          ]}
        />
      </Card>
      <Card title="A row">
        <Fields label="Fields of a row" of={Row} />
      </Card>
      {parameters && (
        <Card title="Parameters">
          <p className="muted prose" style={{ marginTop: 0 }}>
            For all rows of a call, as its member <code>params</code>; each may be left out.
          </p>
          <Fields label="Parameters" of={parameters} />
        </Card>
      )}
      <div className="columns">
        <Card title="Example">
          <Code text={JSON.stringify(example, null, INDENT)} what="Copy the example" />
        </Card>
        <Card title="An output">
          <Fields label="An output" of={Output} />
        </Card>
      </div>
      <Card title="Why a call may be refused">
        <Refusals of={operation.responses} />
      </Card>
    </div>
  );
}

function Fields({ label, of }: { label: string; of: Schema }) {
  const fields = fieldsOf(of);
  const isNamed = fields.some(({ name }) => name);
  return (
    <div className="table-frame" tabIndex={0} role="region" aria-label={label}>
      <table className="table" aria-label={label}>
        <thead>
          <tr>
            {isNamed && <th scope="col">Field</th>}
            <th scope="col">Type</th>
            <th scope="col">Takes</th>
          </tr>
        </thead>
        <tbody>
          {fields.map(({ name, type, isNeeded, takes }) => (
            <tr key={name}>
              {isNamed && (
                <td className="mono">
                  {name}
                  {!isNeeded && <span className="muted"> (may be left out)</span>}
                </td>
              )}
              <td>{type}</td>
              <td className="wrap">{takes || <span className="muted">any</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Refusals({ of }: { of: Record<string, { description: string }> }) {
  return (
    <Facts
      of={Object.entries(of)
        .filter(([status]) => status !== "200")
        .map(([status, { description }]) => [status, <Marked key={status} text={description} />])}
    />
  );
}

/** Text in which what stands between backticks is code. */
function Marked({ text }: { text: string }) {
  return <>{text.split("`").map((part, place) => (place % 2 ? <code key={place}>{part}</code> : part))}</>;
}
