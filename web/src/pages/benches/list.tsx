/** Benches, the newest first; and those of one version, with the last one's measurements, as a tab of its page. */
import type { ReactNode } from "react";

import { $api } from "~/api/client";
import type { BenchView, ModelDetail } from "~/api/schema";
import { useProject } from "~/app/project";
import { Code } from "~/parts/copy";
import { counted } from "~/parts/figures";
import { FilterBar, TextFilter } from "~/parts/filters";
import { PageLink, path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Page } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { Person } from "~/parts/subject";
import { DataTable, type Column } from "~/parts/table";
import { useView } from "~/parts/view";
import { BeginBench } from "./begin";
import { Measured } from "./measured";
import { benchState, bestWords, isOver } from "./words";

const LIVE_MS = 2_000;
const MOST = 1_000;

const COLUMNS: Column<BenchView>[] = [
  { name: "version", header: "Version", cell: ({ model, version }) => `${model}:${version}` },
  { name: "tiers", header: "Tiers", cell: ({ tiers }) => tiers.map(({ tier }) => tier).join(", ") },
  { name: "state", header: "State", cell: ({ state, reason }) => <span title={reason || undefined}><StateWord state={benchState(state)[0]}>{benchState(state)[1]}</StateWord></span> },
  { name: "best", header: "Fastest", cell: bestWords },
  { name: "project", header: "Project", cell: ({ project }) => project },
  { name: "by", header: "By", cell: ({ created_by }) => <Person actor={created_by} /> },
  { name: "at", header: "Begun", cell: ({ created_at }) => <Moment time={created_at} /> },
];
const OF_VERSION = COLUMNS.filter(({ name }) => name !== "project" && name !== "version");

export function BenchesPage() {
  const [view, setView] = useView({ q: "" });
  const [project] = useProject();
  const answer = $api.useQuery("get", "/api/v1/benches", { params: { query: { limit: MOST, project: project || undefined } } }, { refetchInterval: ({ state }) => (state.data?.benches.some((each) => !isOver(each.state)) ? LIVE_MS : false) });
  const all = answer.data?.benches ?? [];
  const wanted = view.q.toLowerCase();
  const rows = all.filter(({ model, version, tiers }) => `${model}:${version} ${tiers.map(({ tier }) => tier).join(" ")}`.toLowerCase().includes(wanted));
  return (
    <Page title="Benches" says={answer.data && `${counted(all.length, "bench has", "benches have")} measured versions on tiers: latency, throughput, memory and cost.`}>
      <FilterBar>
        <TextFilter label="Filter by version or tier" value={view.q} onChange={(q) => setView({ q })} />
      </FilterBar>
      <Answer of={answer}>
        {() =>
          all.length === 0 ? (
            <Nothing reference="MODEL">
              A bench serves a version on each tier and calls it: how fast it answers, how much memory it takes, and what 1,000 predictions cost there. Begin one on the tab Bench of a <PageLink href="/models">model</PageLink>, or by a command.
            </Nothing>
          ) : (
            <DataTable label="Benches" noun={["bench", "benches"]} rows={rows} columns={COLUMNS} keyOf={({ id }) => id} hrefOf={({ id }) => path`/benches/${id}`} />
          )
        }
      </Answer>
    </Page>
  );
}

/** The tab of a version. */
export function BenchTab({ model }: { model: ModelDetail }) {
  const { name, project } = model;
  const { version } = model.version;
  const reference = `${name}:${version}`;
  const answer = $api.useQuery("get", "/api/v1/benches", { params: { query: { limit: MOST, model: name, version } } }, { refetchInterval: ({ state }) => (state.data?.benches.some((each) => !isOver(each.state)) ? LIVE_MS : false) });
  return (
    <Answer of={answer}>
      {({ benches }) => {
        const last = benches.find(({ state }) => state === "succeeded") ?? benches[0];
        if (!last) {
          return (
            <Nothing reference={reference} act={<BeginBench model={reference} project={project} />}>
              A bench serves this version on each tier and calls it: how fast it answers, how much memory it takes, and what 1,000 predictions cost there.
            </Nothing>
          );
        }
        return (
          <div className="stack">
            <div className="row spread">
              <span>
                <PageLink href={path`/benches/${last.id}`}>The last bench</PageLink> <span className="muted">began <Moment time={last.created_at} /></span>
              </span>
              <BeginBench model={reference} project={project} />
            </div>
            <Measured bench={last} />
            {benches.length > 1 && <DataTable label="All benches" noun={["bench", "benches"]} rows={benches} columns={OF_VERSION} keyOf={({ id }) => id} hrefOf={({ id }) => path`/benches/${id}`} />}
          </div>
        );
      }}
    </Answer>
  );
}

function Nothing({ reference, act, children }: { reference: string; act?: ReactNode; children: ReactNode }) {
  return (
    <Empty title="Nothing was measured yet">
      <p>{children}</p>
      {act}
      <Code text={`unshelf bench ${reference}`} />
    </Empty>
  );
}
