/** Monitors: what is watched of each model, with what was found last, alarms first. */
import { Button, Menu } from "@mantine/core";

import { $api } from "~/api/client";
import type { MonitorView } from "~/api/schema";
import { useProject } from "~/app/project";
import { Code } from "~/parts/copy";
import { counted } from "~/parts/figures";
import { ChoiceFilter, FilterBar, TextFilter } from "~/parts/filters";
import { PageLink, path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Page } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { DataTable, type Column } from "~/parts/table";
import { useView } from "~/parts/view";
import { AddMonitor } from "./edit";
import { KIND_WORDS, rankOf, stateOf, thresholdWords, valueWords, type Kind, windowWords } from "./words";

const MOST = 6_000;

const COLUMNS: Column<MonitorView>[] = [
  { name: "name", header: "Monitor", cell: ({ name }) => name },
  { name: "model", header: "Model", cell: ({ model }) => <PageLink href={path`/models/${model}`}>{model}</PageLink> },
  { name: "state", header: "State", cell: (monitor) => <StateWord state={stateOf(monitor)[0]}>{stateOf(monitor)[1]}</StateWord> },
  { name: "kind", header: "Watches", cell: ({ kind }) => KIND_WORDS[kind] },
  { name: "value", header: "Value", align: "end", cell: ({ kind, latest }) => valueWords(kind, latest?.value ?? null) },
  { name: "threshold", header: "Threshold", align: "end", cell: thresholdWords },
  { name: "window", header: "Window", cell: ({ window }) => windowWords(window) },
  { name: "last", header: "Judged", cell: ({ latest }) => <Moment time={latest?.judged_at ?? null} /> },
];

export function MonitorsPage() {
  const [project] = useProject();
  const [view, setView] = useView({ model: "", state: "", kind: "", q: "" });
  const all = $api.useQuery("get", "/api/v1/monitors", { params: { query: { limit: MOST } } }, { enabled: !view.model });
  const ofModel = $api.useQuery("get", "/api/v1/models/{name}/monitors", { params: { path: { name: view.model } } }, { enabled: Boolean(view.model) });
  const answer = view.model ? ofModel : all;
  const q = view.q.toLowerCase();
  const known = (answer.data?.monitors ?? []).filter((monitor) => view.model || !project || monitor.project === project);
  const rows = known
    .filter((monitor) => (!view.state || stateOf(monitor)[1].startsWith(view.state)) && (!view.kind || monitor.kind === view.kind) && `${monitor.model} ${monitor.name}`.toLowerCase().includes(q))
    .sort((one, other) => rankOf(one) - rankOf(other) || one.model.localeCompare(other.model));
  const alarms = known.filter((monitor) => rankOf(monitor) === 0).length;
  const title = view.model ? `Monitors of ${view.model}` : "Monitors";
  return (
    <Page
      title={title}
      within={view.model ? [["Monitors", "/monitors"]] : []}
      says={answer.data && (alarms ? `${counted(alarms, "monitor is", "monitors are")} in alarm.` : "No monitor is in alarm.")}
      actions={
        known.length > 0 && (
          <>
            <Export model={view.model} />
            {view.model && known[0] && <AddMonitor model={view.model} project={known[0].project} />}
          </>
        )
      }
    >
      <FilterBar>
        <ChoiceFilter label="State" value={view.state} all="Every state" options={["alarm", "fine", "not judged", "nothing judged yet", "paused"]} onChange={(state) => setView({ state })} />
        <ChoiceFilter label="Kind" value={view.kind} all="Every kind" options={(Object.keys(KIND_WORDS) as Kind[]).map((kind) => ({ value: kind, label: KIND_WORDS[kind] }))} onChange={(kind) => setView({ kind })} />
        <TextFilter label="Filter by model or name" value={view.q} onChange={(next) => setView({ q: next })} />
      </FilterBar>
      <Answer of={answer}>
        {() =>
          known.length === 0 ? (
            <Empty title="There is no model yet">
              <p>Each model that you deploy is watched from its first request on: drift, damaged data, volume, errors and latency.</p>
              <Code text="unshelf deploy my-model model.joblib" />
            </Empty>
          ) : rows.length === 0 ? (
            <Empty title="No monitor is like this" />
          ) : (
            <DataTable label="Monitors" noun={["monitor", "monitors"]} rows={rows} columns={COLUMNS} keyOf={({ model, name }) => `${model}/${name}`} hrefOf={({ model, name }) => path`/monitors/${model}/${name}`} />
          )
        }
      </Answer>
    </Page>
  );
}

/** Files for who has a Prometheus and a Grafana for everything else. */
function Export({ model }: { model: string }) {
  const of = model ? `?model=${encodeURIComponent(model)}` : "";
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default">Export</Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component="a" href={`/api/v1/monitors/export/prometheus${of}`} download="unshelf-rules.yml">
          Alert rules of Prometheus
        </Menu.Item>
        <Menu.Item component="a" href={`/api/v1/monitors/export/grafana${of}`} download="unshelf.json">
          Grafana dashboard
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
