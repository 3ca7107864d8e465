/** Environments: named ones, curated first; and every one by its hash, with the disk they lie on. */
import { $api } from "~/api/client";
import { useMay } from "~/api/permissions";
import { bytes, counted, figure } from "~/parts/figures";
import { ChoiceFilter, FilterBar, TextFilter } from "~/parts/filters";
import { Code } from "~/parts/copy";
import { path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Page, PageTabs, type Tab } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { StateWord, Word } from "~/parts/state";
import { DataTable } from "~/parts/table";
import { useView } from "~/parts/view";
import { Make } from "./making";
import { chosen } from "./words";

const MOST = 1_000;
const MOST_HASHES = 10_000;

export function EnvironmentsPage() {
  const may = useMay();
  const [view, setView] = useView({ tab: "named" });
  const machine = $api.useQuery("get", "/api/v1/machine", {}, { enabled: may("platform.read") });
  const facts = machine.data?.machine;
  const disk = facts ? ` The disk has ${bytes(facts.disk_free_bytes)} free of ${bytes(facts.disk_bytes)}.` : "";
  const tabs: Tab[] = [
    { name: "named", label: "By name", content: () => <Named /> },
    { name: "hashes", label: "By hash", content: () => <Hashes /> },
  ];
  return (
    <Page title="Environments" says={`Exact sets of packages, built once and shared by all that use them.${disk}`} actions={<Make />}>
      <PageTabs tabs={tabs} chosen={view.tab} choose={(tab) => setView({ tab })} />
    </Page>
  );
}

function Named() {
  const [view, setView] = useView({ q: "", project: "", kind: "", use: "" });
  const answer = $api.useQuery("get", "/api/v1/environments/names", { params: { query: { limit: MOST } } });
  const all = answer.data?.environments ?? [];
  const projects = [...new Set(all.flatMap(({ project }) => project ?? []))].sort();
  const rows = chosen(all, view);
  return (
    <div className="stack">
      <FilterBar>
        <TextFilter label="Filter by name or notes" value={view.q} onChange={(q) => setView({ q })} />
        {projects.length > 1 && <ChoiceFilter label="Project" all="Every project" value={view.project} options={projects} onChange={(project) => setView({ project })} />}
        <ChoiceFilter label="Kind" all="Every kind" value={view.kind} options={[{ value: "curated", label: "curated" }, { value: "own", label: "of projects" }, { value: "deprecated", label: "deprecated" }]} onChange={(kind) => setView({ kind })} />
        <ChoiceFilter label="Use" all="Used or not" value={view.use} options={[{ value: "used", label: "in use" }, { value: "unused", label: "not in use" }]} onChange={(use) => setView({ use })} />
      </FilterBar>
      <Answer of={answer}>
        {() =>
          all.length === 0 ? (
            <Empty title="No environment has a name yet">
              <p>A named environment is chosen from a menu, extended with packages, and rebuilt elsewhere. Administrators curate some for everybody; each project makes its own.</p>
              <Code text="unshelf environments add pandas --to lab" />
            </Empty>
          ) : rows.length === 0 ? (
            <Empty title="No environment is like this">
              <p>Take a filter away to see more.</p>
            </Empty>
          ) : (
            <DataTable
              label="Named environments"
              noun={["environment", "environments"]}
              rows={rows}
              keyOf={({ name }) => name}
              hrefOf={({ name }) => path`/environments/names/${name}`}
              columns={[
                { name: "name", header: "Name", cell: ({ name }) => name },
                { name: "of", header: "Of", cell: ({ project }) => (project === null ? <Word>curated</Word> : project) },
                { name: "version", header: "Version", align: "end", cell: ({ latest }) => latest?.number ?? "–" },
                { name: "python", header: "Python", cell: ({ latest }) => latest?.python ?? "–" },
                { name: "packages", header: "Packages", align: "end", cell: ({ latest }) => (latest ? figure(latest.packages) : "–") },
                { name: "state", header: "State", cell: (each) => (each.deprecation ? <StateWord state="attention">deprecated</StateWord> : each.is_default ? <StateWord state="ok">default</StateWord> : each.restricted ? <Word>restricted</Word> : "–") },
                { name: "use", header: "Use", cell: ({ in_use }) => (in_use ? "in use" : "–") },
                { name: "notes", header: "Notes", cell: ({ notes }) => notes.split("\n")[0]!.slice(0, 80) || "–" },
              ]}
            />
          )
        }
      </Answer>
    </div>
  );
}

function Hashes() {
  const [view, setView] = useView({ of: "" });
  const answer = $api.useQuery("get", "/api/v1/environments", { params: { query: { limit: MOST_HASHES } } });
  const all = answer.data?.environments ?? [];
  const q = view.of.toLowerCase();
  const rows = all.filter(({ hash, versions }) => hash.startsWith(q) || versions.some((each) => each.toLowerCase().includes(q)));
  return (
    <div className="stack">
      <p className="muted" style={{ margin: 0 }}>
        {answer.data && `${counted(all.length, "environment")} for ${counted(new Set(all.flatMap(({ versions }) => versions)).size, "version")}; equal locks share one. One that nothing needs is removed within an hour.`}
      </p>
      <FilterBar>
        <TextFilter label="Filter by version" value={view.of} onChange={(of) => setView({ of })} />
      </FilterBar>
      <Answer of={answer}>
        {() =>
          rows.length === 0 ? (
            <Empty title="No environment is like this">
              <p>Each deploy locks its packages and has an environment built for them.</p>
            </Empty>
          ) : (
            <DataTable
              label="Environments"
              noun={["environment", "environments"]}
              rows={rows}
              keyOf={({ hash }) => hash}
              hrefOf={({ hash }) => path`/environments/${hash}`}
              columns={[
                { name: "hash", header: "Environment", cell: ({ hash }) => <span className="mono">{hash.slice(0, 12)}</span> },
                { name: "python", header: "Python", cell: ({ python }) => python },
                { name: "packages", header: "Packages", align: "end", cell: ({ packages }) => figure(packages) },
                { name: "versions", header: "Versions", align: "end", cell: ({ versions }) => figure(versions.length) },
                { name: "of", header: "Of", cell: ({ versions }) => `${versions.slice(0, 4).join(", ")}${versions.length > 4 ? " …" : ""}` || "–" },
                { name: "created", header: "Built", cell: ({ created_at }) => <Moment time={created_at} /> },
              ]}
            />
          )
        }
      </Answer>
    </div>
  );
}
