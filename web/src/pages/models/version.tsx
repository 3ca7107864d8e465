/** One version: signature, check, packages, files, code. */
import type { ModelDetail } from "~/api/schema";
import { bytes, counted, duration } from "~/parts/figures";
import { Copyable, Code } from "~/parts/copy";
import { PageLink, path as pathOf } from "~/parts/link";
import { Card, Facts } from "~/parts/page";
import { StateWord } from "~/parts/state";
import { DataTable } from "~/parts/table";
import { NetworkCard } from "../networks/network";
import { CommentsCard } from "../subjects/comments";
import { Tags } from "../subjects/tags";
import { OwnChecks } from "../versions/checks";
import { Files } from "../versions/files";
import { Packages } from "../versions/packages";
import { SecretNames, Walls } from "../versions/walls";
import { runsElsewhere } from "./states";

export function VersionTab({ model }: { model: ModelDetail }) {
  const { version } = model;
  const reference = `${model.name}:${version.version}`;
  const place = { model: model.name, project: model.project };
  const isElsewhere = runsElsewhere({ version });
  return (
    <div className="stack">
      <div className="grid">
        {isElsewhere ? <Elsewhere model={model} /> : <Check model={model} />}
        <MadeOf model={model} />
      </div>
      <Signature model={model} />
      {!isElsewhere && (
        <>
          <div className="grid">
            <Packages model={model} />
            <Files model={model} />
          </div>
          <div className="grid">
            <Walls model={model} />
            <div className="stack">
              <NetworkCard reference={reference} place={place} />
              <SecretNames model={model} />
            </div>
          </div>
          <OwnChecks reference={reference} />
        </>
      )}
      {version.notes.length > 0 && (
        <Card title="Notes">
          <ul className="list">
            {version.notes.map((note) => (
              <li key={note} className="prose">{note}</li>
            ))}
          </ul>
        </Card>
      )}
      {version.code.diff && (
        <Card title="Changes that were not committed">
          <Code text={version.code.diff} />
        </Card>
      )}
      <CommentsCard kind="version" name={reference} place={place} />
    </div>
  );
}

/** A version of other infrastructure: nothing of it is checked or started here. */
function Elsewhere({ model: { name, version } }: { model: ModelDetail }) {
  return (
    <Card title="Where it runs">
      <p className="prose" style={{ margin: 0 }}>
        {String(version.loader.options?.place ?? "On other infrastructure")}. Nothing of it is started here: it has no files, packages or checks, and{" "}
        <PageLink href={`${pathOf`/models/${name}`}?tab=records`} style={{ textDecoration: "underline" }}>its records</PageLink> are sent here.
      </p>
    </Card>
  );
}

function Check({ model: { version } }: { model: ModelDetail }) {
  const { checks } = version;
  return (
    <Card title="Check">
      <Facts
        of={[
          ["Result", <StateWord key="state" state={checks.warnings?.length ? "attention" : "ok"}>{checks.warnings?.length ? counted(checks.warnings.length, "warning") : "passed"}</StateWord>],
          ["Loads in", duration(checks.load_seconds)],
          ["Predicts in", checks.predict_seconds ? duration(checks.predict_seconds) : "–"],
          ["Memory", bytes(checks.memory_bytes)],
          ["Requests in one batch", checks.batchable ? `yes: ${checks.batchable_reason}` : `no: ${checks.batchable_reason ?? ""}`],
          ["Forked when warm", checks.fork_safe ? `yes: ${checks.fork_safe_reason}` : `no: ${checks.fork_safe_reason ?? ""}`],
        ]}
      />
      {checks.warnings?.map((warning) => <p key={warning}>{warning}</p>)}
    </Card>
  );
}

function MadeOf({ model }: { model: ModelDetail }) {
  const { version } = model;
  const reference = `${model.name}:${version.version}`;
  const place = { model: model.name, project: model.project };
  return (
    <Card title="What it is made of">
      <Facts
        of={[
          ["Address", <Copyable key="address" text={`${model.name}:${version.version}`} />],
          ["Digest", <Copyable key="digest" text={version.digest} shown={version.digest.slice(0, 16)} />],
          ...(runsElsewhere({ version }) ? [] : programFacts(version)),
          ...(version.job ? ([["Made by", <PageLink key="job" href={pathOf`/jobs/${version.job}`}>the job {version.job.slice(-6)}</PageLink>]] as [string, React.ReactNode][]) : []),
          ["Tags", <Tags key="tags" kind="version" name={reference} place={place} />],
          ["Git commit", version.code.commit ? <Copyable key="commit" text={version.code.commit} shown={version.code.commit.slice(0, 12)} /> : "–"],
        ]}
      />
    </Card>
  );
}

function programFacts(version: ModelDetail["version"]): [string, React.ReactNode][] {
  return [
    ["Environment", <PageLink key="environment" href={pathOf`/environments/${version.environment}`}>{version.environment.slice(0, 16)}</PageLink>],
    ["Loader", `${version.loader.kind}${version.loader.format ? ` (${version.loader.format})` : ""}`],
    ["Own code", version.contains_code ? "yes" : "no"],
  ];
}

function Signature({ model }: { model: ModelDetail }) {
  const { inputs, outputs } = model.version.signature;
  return (
    <div className="grid">
      <Card title="Takes">
        <Side of={inputs} />
      </Card>
      <Card title="Returns">{outputs ? <Side of={outputs} /> : <p className="muted">It is not stated what the model returns.</p>}</Card>
    </div>
  );
}

function Side({ of }: { of: NonNullable<ModelDetail["version"]["signature"]["outputs"]> }) {
  if (of.kind === "tensors") {
    return <DataTable label="Tensors" noun={["tensor", "tensors"]} height="360px" rows={of.tensors} keyOf={({ name }) => name} columns={[{ name: "name", header: "Tensor", cell: ({ name }) => name }, { name: "type", header: "Type", cell: ({ type }) => type }, { name: "shape", header: "Shape", cell: ({ shape }) => shape.map((size) => (size < 0 ? "n" : size)).join(" × ") }]} />;
  }
  return <DataTable label="Columns" noun={["column", "columns"]} height="360px" rows={of.columns} keyOf={({ name }) => name} columns={[{ name: "name", header: "Column", cell: ({ name }) => name }, { name: "type", header: "Type", cell: ({ type, categories }) => (categories ? `${type}: ${categories.slice(0, 5).join(", ")}${categories.length > 5 ? " …" : ""}` : type) }, { name: "nullable", header: "May be missing", cell: ({ nullable, optional }) => (nullable || optional ? "yes" : "no") }]} />;
}
