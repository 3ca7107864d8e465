/** The packages of a version's environment, and what changed in them since another version. */
import { Select } from "@mantine/core";

import { $api } from "~/api/client";
import type { ModelDetail, Package } from "~/api/schema";
import { counted } from "~/parts/figures";
import { path, PageLink } from "~/parts/link";
import { Card } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { StateWord, type State } from "~/parts/state";
import { DataTable } from "~/parts/table";
import { useView } from "~/parts/view";

export function Packages({ model }: { model: ModelDetail }) {
  const { version } = model;
  const [view, setView] = useView({ against: "" });
  const others = model.versions.map((each) => String(each.version)).filter((number) => number !== String(version.version));
  const against = others.includes(view.against) ? view.against : "";
  const aside = others.length > 0 && (
    <Select size="xs" w={200} aria-label="Compare packages" value={against} allowDeselect={false} data={[{ value: "", label: "not compared" }, ...others.reverse().map((number) => ({ value: number, label: `against version ${number}` }))]} onChange={(next) => setView({ against: next ?? "" })} />
  );
  return (
    <Card title={counted(version.packages.length, "package")} aside={aside}>
      {against ? (
        <Compared model={model} against={against} />
      ) : version.packages.length === 0 ? (
        <p className="muted" style={{ margin: 0 }}>None but Python itself.</p>
      ) : (
        <DataTable label="Packages" noun={["package", "packages"]} height="360px" rows={version.packages} keyOf={({ name }) => name} columns={[{ name: "name", header: "Package", cell: ({ name }) => name }, { name: "version", header: "Version", cell: (each) => each.version || "by its hash" }]} />
      )}
    </Card>
  );
}

const STATES: Record<Difference["change"], State> = { added: "ok", removed: "failing", changed: "attention" };

function Compared({ model, against }: { model: ModelDetail; against: string }) {
  const other = $api.useQuery("get", "/api/v1/models/{ref}", { params: { path: { ref: `${model.name}:${against}` } } });
  return (
    <Answer of={other} lines={4}>
      {(found) => {
        const differences = differencesOf(found.version.packages, model.version.packages);
        if (differences.length === 0) return <p className="muted">The packages are those of <PageLink href={path`/models/${`${model.name}:${against}`}`}>version {against}</PageLink>.</p>;
        return (
          <DataTable
            label={`Packages against version ${against}`}
            noun={["difference", "differences"]}
            height="360px"
            rows={differences}
            keyOf={({ name }) => name}
            columns={[
              { name: "name", header: "Package", cell: ({ name }) => name },
              { name: "change", header: "Change", cell: ({ change }) => <StateWord state={STATES[change]}>{change}</StateWord> },
              { name: "before", header: `Version ${against}`, cell: ({ before }) => before ?? "–" },
              { name: "after", header: `Version ${model.version.version}`, cell: ({ after }) => after ?? "–" },
            ]}
          />
        );
      }}
    </Answer>
  );
}

export interface Difference {
  name: string;
  change: "added" | "removed" | "changed";
  before?: string;
  after?: string;
}

/** What is in one list of packages and not, or otherwise, in the other; by name. */
export function differencesOf(before: Package[], after: Package[]): Difference[] {
  const old = new Map(before.map(({ name, version }) => [name, version]));
  const fresh = new Map(after.map(({ name, version }) => [name, version]));
  return [...new Set([...old.keys(), ...fresh.keys()])]
    .filter((name) => old.get(name) !== fresh.get(name))
    .sort()
    .map((name) => ({ name, change: !old.has(name) ? "added" : !fresh.has(name) ? "removed" : "changed", before: old.get(name), after: fresh.get(name) }));
}
