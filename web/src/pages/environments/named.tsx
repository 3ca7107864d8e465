/** One named environment: packages of a version, its versions, who uses it, and how it is extended. */
import { Select } from "@mantine/core";
import { useParams } from "@tanstack/react-router";

import { $api } from "~/api/client";
import { useMay } from "~/api/permissions";
import type { NamedEnvironmentDetail, NamedEnvironmentVersion } from "~/api/schema";
import { bytes, counted, figure } from "~/parts/figures";
import { PageLink, path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Card, Page, PageTabs, type Tab } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { StateWord, Word } from "~/parts/state";
import { Person } from "~/parts/subject";
import { DataTable } from "~/parts/table";
import { useView } from "~/parts/view";
import { Curate } from "./curating";
import { AddPackages, Extend } from "./making";
import { Lock } from "./one";
import { Packages } from "./packages";
import { Export, Using } from "./using";
import { deprecationWords, originWords } from "./words";

const MOST = 1_000;

export function NamedEnvironmentPage() {
  const { name } = useParams({ strict: false }) as { name: string };
  const [view, setView] = useView({ tab: "packages", version: 0 });
  const answer = $api.useQuery("get", "/api/v1/environments/names/{name}", { params: { path: { name } } });
  const named = answer.data;
  const version = named?.versions.find(({ number }) => number === view.version) ?? named?.latest ?? undefined;
  return (
    <Page
      title={name}
      within={[["Environments", "/environments"]]}
      says={named && <Says named={named} version={version} />}
      actions={
        named && (
          <>
            {named.versions.length > 1 && version && <Select aria-label="Version" w={160} allowDeselect={false} value={String(version.number)} data={named.versions.map(({ number }) => ({ value: String(number), label: `version ${number}` }))} onChange={(next) => setView({ version: Number(next) })} />}
            {version && <Export reference={version.reference} />}
            <Curate named={named} />
          </>
        )
      }
    >
      <Answer of={answer} lines={10}>
        {(found) =>
          version ? (
            <>
              {found.notes && <p className="prose" style={{ margin: 0, whiteSpace: "pre-wrap" }}>{found.notes}</p>}
              <PageTabs tabs={tabsOf(found, version)} chosen={view.tab} choose={(tab) => setView({ tab })} />
            </>
          ) : (
            <Empty title="It has no version">
              <p>Each version is a set of exact packages; the next one is made with packages that are added to nothing.</p>
            </Empty>
          )
        }
      </Answer>
    </Page>
  );
}

function Says({ named, version }: { named: NamedEnvironmentDetail; version?: NamedEnvironmentVersion }) {
  const deprecation = version?.deprecation ?? named.deprecation;
  return (
    <span className="row">
      {named.project === null ? <Word>curated</Word> : <PageLink href={path`/projects/${named.project}`}>{named.project}</PageLink>}
      {named.is_default && <StateWord state="ok">default</StateWord>}
      {named.restricted && <Word>restricted to {[...named.groups, ...named.projects].join(", ") || "nobody"}</Word>}
      {deprecation && <StateWord state="attention">{deprecationWords(deprecation)}</StateWord>}
      {version && <span>version {version.number}: Python {version.python}, {counted(version.packages, "package")}{version.bytes === null ? "" : `, ${bytes(version.bytes)}`}.</span>}
    </span>
  );
}

function tabsOf(named: NamedEnvironmentDetail, version: NamedEnvironmentVersion): Tab[] {
  const others = named.versions.filter(({ number }) => number !== version.number).map(({ reference }) => reference);
  return [
    { name: "packages", label: "Packages", content: () => <Packages reference={version.reference} others={others} /> },
    { name: "versions", label: `Versions (${named.versions.length})`, content: () => <Versions named={named} /> },
    { name: "uses", label: "Who uses it", content: () => <Uses reference={version.reference} /> },
    { name: "extend", label: "Add packages", content: () => <Extending named={named} /> },
    { name: "builds", label: "Builds", content: () => <Builds name={named.name} /> },
    { name: "lock", label: "Lock", content: () => <Lock reference={version.environment} /> },
  ];
}

function Versions({ named }: { named: NamedEnvironmentDetail }) {
  return (
    <DataTable
      label="Versions"
      noun={["version", "versions"]}
      rows={named.versions}
      keyOf={({ reference }) => reference}
      hrefOf={({ number }) => `${path`/environments/names/${named.name}`}?version=${number}`}
      columns={[
        { name: "number", header: "Version", align: "end", cell: ({ number }) => number },
        { name: "hash", header: "Environment", cell: ({ environment }) => <span className="mono">{environment.slice(0, 12)}</span> },
        { name: "packages", header: "Packages", align: "end", cell: ({ packages }) => figure(packages) },
        { name: "size", header: "On disk", align: "end", cell: (each) => (each.bytes === null ? "–" : bytes(each.bytes)) },
        { name: "origin", header: "Made", cell: ({ origin }) => originWords(origin) },
        { name: "state", header: "State", cell: ({ deprecation, in_use }) => (deprecation ? <StateWord state="attention">deprecated</StateWord> : in_use ? "in use" : "–") },
        { name: "notes", header: "Notes", cell: ({ notes }) => notes.slice(0, 60) || "–" },
        { name: "by", header: "By", cell: ({ created_by }) => <Person actor={created_by} /> },
        { name: "at", header: "At", cell: ({ created_at }) => <Moment time={created_at} /> },
      ]}
    />
  );
}

function Uses({ reference }: { reference: string }) {
  const answer = $api.useQuery("get", "/api/v1/environments/{ref}", { params: { path: { ref: reference } } });
  return <Answer of={answer}>{(found) => <Using environment={found} />}</Answer>;
}

/** Packages are added by those who may change it; of a curated one, others make an environment of a project. */
function Extending({ named }: { named: NamedEnvironmentDetail }) {
  const may = useMay();
  const projects = $api.useQuery("get", "/api/v1/projects", { params: { query: { limit: MOST } } });
  const mine = (projects.data?.projects ?? []).map(({ name }) => name).filter((name) => may("environments.build", { project: name }));
  if (!named.may_change && mine.length === 0) {
    return (
      <Empty title="You may not add packages">
        <p>Whoever contributes to a project makes environments of it. An owner of the project grants that.</p>
      </Empty>
    );
  }
  return (
    <div className="columns">
      {named.may_change && (
        <Card title={`Next version of ${named.name}`}>
          <AddPackages named={named} />
        </Card>
      )}
      {named.project === null && mine.length > 0 && (
        <Card title="An environment of a project">
          <Extend named={named} projects={mine} />
        </Card>
      )}
    </div>
  );
}

function Builds({ name }: { name: string }) {
  const answer = $api.useQuery("get", "/api/v1/environments/builds", { params: { query: { name } } });
  return (
    <Answer of={answer}>
      {({ builds }) =>
        builds.length === 0 ? (
          <Empty title="No build that you may see" />
        ) : (
          <DataTable
            label="Builds"
            noun={["build", "builds"]}
            rows={builds}
            keyOf={({ id }) => id}
            hrefOf={({ id }) => path`/environments/builds/${id}`}
            columns={[
              { name: "state", header: "State", cell: ({ state }) => (state === "done" ? <StateWord state="ok">done</StateWord> : state === "failed" ? <StateWord state="failing">failed</StateWord> : <StateWord state="attention">under way</StateWord>) },
              { name: "version", header: "Version", align: "end", cell: ({ version }) => version ?? "–" },
              { name: "origin", header: "Made", cell: ({ origin }) => originWords(origin) },
              { name: "why", header: "Why it failed", cell: ({ error }) => error?.detail.slice(0, 80) ?? "–" },
              { name: "by", header: "By", cell: ({ by }) => <Person actor={by} /> },
              { name: "at", header: "Begun", cell: ({ created_at }) => <Moment time={created_at} /> },
            ]}
          />
        )
      }
    </Answer>
  );
}
