/** The catalogue of models: those that one may see, filtered in the address. */
import { useDeferredValue } from "react";

import { $api } from "~/api/client";
import { useMay } from "~/api/permissions";
import type { Model } from "~/api/schema";
import { useProject } from "~/app/project";
import { counted } from "~/parts/figures";
import { ChoiceFilter, FilterBar, TextFilter } from "~/parts/filters";
import { PageLink, path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Page } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { personName } from "~/parts/subject";
import { DataTable, type Column } from "~/parts/table";
import { useView } from "~/parts/view";
import { FirstSteps } from "../home/first";
import { Shares } from "./shares";
import { ELSEWHERE, runsElsewhere, stateOf } from "./states";

const MOST = 10_000;
const VIEW = { q: "", state: "", project: "", framework: "", by: "" };

const COLUMNS: Column<Model>[] = [
  { name: "name", header: "Model", cell: ({ name }) => name },
  {
    name: "state",
    header: "State",
    cell: (model) => {
      const [state, word] = stateOf(model);
      return <StateWord state={state}>{word}</StateWord>;
    },
  },
  { name: "release", header: "Live versions", width: 180, cell: ({ release }) => <Shares of={release} compact /> },
  { name: "project", header: "Project", cell: ({ project }) => <PageLink href={path`/projects/${project}`}>{project}</PageLink> },
  { name: "framework", header: "Framework", cell: ({ framework }) => (framework === ELSEWHERE ? "runs elsewhere" : framework || "–") },
  { name: "aliases", header: "Aliases", cell: ({ aliases }) => Object.entries(aliases).map(([alias, version]) => `${alias} → ${version}`).join(", ") || "–" },
  { name: "versions", header: "Versions", align: "end", cell: ({ versions }) => versions.length },
  { name: "by", header: "Latest by", cell: ({ latest_by }) => personName(latest_by) || "–" },
  { name: "created", header: "Deployed", cell: ({ created_at }) => <Moment time={created_at} /> },
];

export function ModelsPage() {
  const [view, setView] = useView(VIEW);
  const [chosen] = useProject();
  const may = useMay();
  const project = view.project || chosen;
  const answer = $api.useQuery("get", "/api/v1/models", { params: { query: { limit: MOST, project: project || undefined } } });
  const all = answer.data?.models ?? [];
  const wanted = useDeferredValue(view.q.toLowerCase());
  const rows = all.filter((model) => model.name.toLowerCase().includes(wanted) && (!view.state || stateOf(model)[1] === view.state) && (!view.framework || model.framework === view.framework) && (!view.by || model.latest_by === view.by));
  const projects = [...new Set([...all.map((model) => model.project), project].filter(Boolean))].sort();
  const live = all.filter((model) => stateOf(model)[1] === "live").length;
  const elsewhere = all.filter(runsElsewhere).length;

  return (
    <Page title="Models" says={answer.data && `${counted(live, "model is", "models are")} live${elsewhere ? ` and ${counted(elsewhere, "runs", "run")} elsewhere` : ""}, of ${counted(all.length, "model")} that you may see.`}
      actions={may("model.deploy") && <PageLink className="button-link" href="/register">Register one that runs elsewhere</PageLink>}
    >
      <FilterBar>
        <TextFilter label="Filter by name" value={view.q} onChange={(q) => setView({ q })} />
        <ChoiceFilter label="State" all="Any state" value={view.state} options={["live", "paused", "not live", "runs elsewhere"]} onChange={(state) => setView({ state })} />
        {!chosen && <ChoiceFilter label="Project" all="All projects" value={view.project} options={projects} onChange={(name) => setView({ project: name })} />}
        <ChoiceFilter label="Framework" all="Any framework" value={view.framework} options={valuesOf(all, "framework").map((framework) => ({ value: framework, label: framework === ELSEWHERE ? "runs elsewhere" : framework }))} onChange={(framework) => setView({ framework })} />
        <ChoiceFilter label="Latest version by" all="Anybody" value={view.by} options={valuesOf(all, "latest_by").map((by) => ({ value: by, label: personName(by) }))} onChange={(by) => setView({ by })} />
      </FilterBar>
      <Answer of={answer}>
        {() =>
          all.length === 0 && !project ? (
            <FirstSteps />
          ) : rows.length === 0 ? (
            <Empty title="No model is like this">
              <p>Take a filter away to see more of them.</p>
            </Empty>
          ) : (
            <DataTable label="Models" noun={["model", "models"]} rows={rows} columns={COLUMNS} keyOf={({ name }) => name} hrefOf={({ name }) => path`/models/${name}`} />
          )
        }
      </Answer>
    </Page>
  );
}

function valuesOf(models: Model[], name: "framework" | "latest_by"): string[] {
  return [...new Set(models.map((model) => model[name]).filter(Boolean))].sort();
}
