/** The versions of a model, the newest first. */
import type { ModelDetail, VersionSummary } from "~/api/schema";
import { path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { StateWord } from "~/parts/state";
import { Person } from "~/parts/subject";
import { DataTable, type Column } from "~/parts/table";

export function VersionsTab({ model }: { model: ModelDetail }) {
  const aliasesOf = (version: number) =>
    Object.entries(model.aliases)
      .filter(([, number]) => number === version)
      .map(([alias]) => alias)
      .join(", ");
  const columns: Column<VersionSummary>[] = [
    { name: "version", header: "Version", cell: ({ version }) => `Version ${version}` },
    { name: "state", header: "State", cell: ({ live_percent, paused }) => (paused ? <StateWord state="attention">paused</StateWord> : live_percent > 0 ? <StateWord state="ok">{`live, ${live_percent} %`}</StateWord> : <StateWord state="unknown">not live</StateWord>) },
    { name: "aliases", header: "Aliases", cell: ({ version }) => aliasesOf(version) || "–" },
    { name: "by", header: "Deployed by", cell: ({ by }) => <Person actor={by} /> },
    { name: "created", header: "Deployed", cell: ({ created_at }) => <Moment time={created_at} /> },
  ];
  return <DataTable label={`Versions of ${model.name}`} noun={["version", "versions"]} rows={[...model.versions].reverse()} columns={columns} keyOf={({ version }) => String(version)} hrefOf={({ version }) => path`/models/${`${model.name}:${version}`}`} />;
}
