/** Packages of an environment, and what changed in them since another. */
import { Select } from "@mantine/core";

import { $api } from "~/api/client";
import type { EnvironmentDiff, PackageInEnvironment } from "~/api/schema";
import { counted } from "~/parts/figures";
import { Card } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { StateWord, type State } from "~/parts/state";
import { DataTable } from "~/parts/table";
import { useView } from "~/parts/view";

interface Row {
  name: string;
  change: "added" | "removed" | "changed";
  before: string;
  after: string;
}

const STATES: Record<Row["change"], State> = { added: "ok", removed: "failing", changed: "attention" };

interface Props {
  reference: string;
  /** Others that it is compared with. */
  others: string[];
}

export function Packages({ reference, others }: Props) {
  const [view, setView] = useView({ against: "" });
  const answer = $api.useQuery("get", "/api/v1/environments/{ref}", { params: { path: { ref: reference } } });
  const against = others.includes(view.against) ? view.against : "";
  const aside = others.length > 0 && (
    <Select size="xs" w={220} aria-label="Compare packages" value={against} allowDeselect={false} data={[{ value: "", label: "not compared" }, ...others.map((each) => ({ value: each, label: `against ${each}` }))]} onChange={(next) => setView({ against: next ?? "" })} />
  );
  return (
    <Answer of={answer} lines={8}>
      {({ packages }) => (
        <Card title={counted(packages.length, "package")} aside={aside}>
          {against ? <Compared reference={reference} against={against} /> : <PackageTable packages={packages} />}
        </Card>
      )}
    </Answer>
  );
}

export function PackageTable({ packages }: { packages: PackageInEnvironment[] }) {
  if (packages.length === 0) return <p className="muted" style={{ margin: 0 }}>None but Python itself.</p>;
  return <DataTable label="Packages" noun={["package", "packages"]} height="420px" rows={packages} keyOf={({ name }) => name} columns={[{ name: "name", header: "Package", cell: ({ name }) => name }, { name: "version", header: "Version", cell: ({ version }) => version || "by its hash" }]} />;
}

function Compared({ reference, against }: { reference: string; against: string }) {
  const answer = $api.useQuery("get", "/api/v1/environments/{ref}/diff/{other}", { params: { path: { ref: against, other: reference } } });
  return (
    <Answer of={answer} lines={4}>
      {(found) => {
        const rows = rowsOf(found);
        if (rows.length === 0) return <p className="muted">The packages are those of {against}.</p>;
        return (
          <DataTable
            label={`Packages against ${against}`}
            noun={["difference", "differences"]}
            height="420px"
            rows={rows}
            keyOf={({ name }) => name}
            columns={[
              { name: "name", header: "Package", cell: ({ name }) => name },
              { name: "change", header: "Change", cell: ({ change }) => <StateWord state={STATES[change]}>{change}</StateWord> },
              { name: "before", header: against, cell: ({ before }) => before || "–" },
              { name: "after", header: reference, cell: ({ after }) => after || "–" },
            ]}
          />
        );
      }}
    </Answer>
  );
}

/** A difference as rows, by name, a change of Python first. */
export function rowsOf(found: EnvironmentDiff): Row[] {
  const rows: Row[] = [
    ...found.changed.map((each): Row => ({ ...each, change: "changed" })),
    ...found.added.map(({ name, version }): Row => ({ name, change: "added", before: "", after: version })),
    ...found.removed.map(({ name, version }): Row => ({ name, change: "removed", before: version, after: "" })),
  ].sort((one, other) => one.name.localeCompare(other.name));
  const { python_before: before, python_after: after } = found;
  return before === after ? rows : [{ name: "Python", change: "changed", before, after }, ...rows];
}
