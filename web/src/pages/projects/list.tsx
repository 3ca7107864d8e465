/** Projects: the open ones or the archived, by stage and priority. */
import { Button, Modal } from "@mantine/core";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import type { ProjectDetail } from "~/api/schema";
import { counted } from "~/parts/figures";
import { ChoiceFilter, FilterBar, TextFilter } from "~/parts/filters";
import { path, useGo } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Page } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { SchemaForm } from "~/parts/schemaform";
import { Word } from "~/parts/state";
import { Person } from "~/parts/subject";
import { DataTable, type Column } from "~/parts/table";
import { useView } from "~/parts/view";

const MOST = 10_000;
const STAGES = ["manage", "develop", "deploy", "monitor"];
const PRIORITIES = ["urgent", "high", "normal", "low"];

const COLUMNS: Column<ProjectDetail>[] = [
  { name: "title", header: "Project", cell: ({ title, name }) => title || name },
  { name: "stage", header: "Stage", cell: ({ stage }) => <Word>{stage}</Word> },
  { name: "priority", header: "Priority", cell: ({ priority }) => priority },
  { name: "name", header: "Name", cell: ({ name }) => <span className="mono">{name}</span> },
  { name: "by", header: "Begun by", cell: ({ created_by }) => <Person actor={created_by} /> },
  { name: "created", header: "Begun", cell: ({ created_at }) => <Moment time={created_at} /> },
];

export function ProjectsPage() {
  const [view, setView] = useView({ q: "", stage: "", priority: "", archived: false });
  const answer = $api.useQuery("get", "/api/v1/projects", { params: { query: { limit: MOST, archived: view.archived } } });
  const all = answer.data?.projects ?? [];
  const text = view.q.toLowerCase();
  const rows = all
    .filter(({ name, title, stage, priority }) => `${name} ${title}`.toLowerCase().includes(text) && (!view.stage || stage === view.stage) && (!view.priority || priority === view.priority))
    .sort((one, other) => PRIORITIES.indexOf(one.priority) - PRIORITIES.indexOf(other.priority));
  return (
    <Page title={view.archived ? "Archived projects" : "Projects"} says={answer.data && `${counted(all.length, "project")} that you may see.`} actions={<NewProject />}>
      <FilterBar>
        <TextFilter label="Filter by name" value={view.q} onChange={(q) => setView({ q })} />
        <ChoiceFilter label="Stage" all="Any stage" value={view.stage} options={STAGES} onChange={(stage) => setView({ stage })} />
        <ChoiceFilter label="Priority" all="Any priority" value={view.priority} options={PRIORITIES} onChange={(priority) => setView({ priority })} />
        <ChoiceFilter label="Which" value={view.archived ? "archived" : "open"} options={[{ value: "open", label: "Open" }, { value: "archived", label: "Archived" }]} onChange={(which) => setView({ archived: which === "archived" })} />
      </FilterBar>
      <Answer of={answer}>
        {() =>
          rows.length === 0 ? (
            <Empty title="No project is like this">
              <p>A project is where goals, people, models and data belong together. Take a filter away, or begin one.</p>
            </Empty>
          ) : (
            <DataTable label="Projects" noun={["project", "projects"]} rows={rows} columns={COLUMNS} keyOf={({ name }) => name} hrefOf={({ name }) => path`/projects/${name}`} />
          )
        }
      </Answer>
    </Page>
  );
}

function NewProject() {
  const may = useMay();
  const go = useGo();
  const [opened, setOpened] = useState(false);
  if (!may("projects.create")) return null;
  return (
    <>
      <Button onClick={() => setOpened(true)}>Begin a project</Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title="Begin a project" centered closeButtonProps={{ "aria-label": "Close" }}>
        <SchemaForm
          fields={[
            { kind: "text", name: "title", label: "Title", required: true },
            { kind: "text", name: "name", label: "Name", description: "Lower-case letters, digits and hyphens. It stays.", required: true },
            { kind: "long", name: "description", label: "What it is about" },
            { kind: "choice", name: "priority", label: "Priority", options: PRIORITIES, required: true },
          ]}
          initial={{ priority: "normal" }}
          submit="Begin the project"
          onCancel={() => setOpened(false)}
          onSubmit={async ({ name, title, description, priority }) => {
            const made = await answerOf(client.POST("/api/v1/projects", { body: { name: String(name), title: String(title), description: String(description ?? ""), priority: priority as ProjectDetail["priority"] } }));
            await askAnew("/api/v1/projects", "/api/v1/whoami");
            go(path`/projects/${made.name}`);
          }}
        />
      </Modal>
    </>
  );
}
