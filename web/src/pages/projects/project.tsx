/** The page of a project: goals, members, models, notes, what happened. */
import { useParams } from "@tanstack/react-router";

import { $api, answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import type { ProjectDetail } from "~/api/schema";
import { Action } from "~/parts/action";
import { Moment } from "~/parts/moment";
import { Card, Facts, Page, PageTabs, type Tab } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { StateWord, Word } from "~/parts/state";
import { Person } from "~/parts/subject";
import { Timeline } from "~/parts/timeline";
import { DataTable } from "~/parts/table";
import { PageLink, path } from "~/parts/link";
import { useView } from "~/parts/view";
import { AppsCard } from "../apps/card";
import { activityOf } from "../models/activity";
import { Shares } from "../models/shares";
import { stateOf } from "../models/states";
import { NetworkTab } from "../networks/project";
import { CommentsCard } from "../subjects/comments";
import { Tags } from "../subjects/tags";
import { Watch } from "../subjects/watch";
import { GoalsTab } from "./goals";
import { MembersTab } from "./members";
import { NotesTab } from "./notes";
import { SecretsTab } from "./secrets";

const EVENTS = 15;

export function ProjectPage() {
  const { project: name, goal } = useParams({ strict: false }) as { project: string; goal?: string };
  const [view, setView] = useView({ tab: goal ? "goals" : "overview" });
  const answer = $api.useQuery("get", "/api/v1/projects/{project}", { params: { path: { project: name } } });
  const project = answer.data;
  const may = useMay();
  return (
    <Page
      title={project?.title || name}
      within={[["Projects", "/projects"]]}
      says={
        project && (
          <span className="row">
            <Word>{project.stage}</Word> priority {project.priority}
            {project.archived_at && <StateWord state="attention">archived</StateWord>}
          </span>
        )
      }
      actions={
        project && (
          <>
            <Watch kind="project" name={project.name} />
            <Archive project={project} />
          </>
        )
      }
    >
      <Answer of={answer} lines={10}>
        {(found) => {
          const tabs: Tab[] = [
            { name: "overview", label: "Overview", content: () => <Overview project={found} /> },
            { name: "goals", label: "Goals", content: () => <GoalsTab project={found} chosen={goal} /> },
            { name: "members", label: "Members", content: () => <MembersTab project={found.name} /> },
            { name: "notes", label: "Notes", content: () => <NotesTab project={found.name} /> },
          ];
          if (may("secrets.read", { project: found.name })) tabs.push({ name: "secrets", label: "Secrets", content: () => <SecretsTab project={found.name} /> });
          tabs.push({ name: "network", label: "Network", content: () => <NetworkTab project={found.name} /> });
          return <PageTabs tabs={tabs} chosen={view.tab} choose={(tab) => setView({ tab })} />;
        }}
      </Answer>
    </Page>
  );
}

function Archive({ project }: { project: ProjectDetail }) {
  const call = { params: { path: { project: project.name } }, body: { reason: "" } };
  const after = () => askAnew("/api/v1/projects");
  if (project.name === "default") return null;
  return project.archived_at ? (
    <Action label="Restore" permission="project.manage" on={{ project: project.name }} act={() => answerOf(client.POST("/api/v1/projects/{project}/restore", call)).then(after)} />
  ) : (
    <Action label="Archive" permission="project.manage" on={{ project: project.name }} before={<>Nothing new is deployed in it. Its models go on serving, and it can be restored.</>} act={() => answerOf(client.POST("/api/v1/projects/{project}/archive", call)).then(after)} />
  );
}

function Overview({ project }: { project: ProjectDetail }) {
  const models = $api.useQuery("get", "/api/v1/models", { params: { query: { project: project.name } } });
  const activity = $api.useQuery("get", "/api/v1/subjects/{kind}/{name}/activity", { params: { path: { kind: "project", name: project.name }, query: { limit: EVENTS } } });
  return (
    <div className="stack">
      <div className="grid">
        <Card title="About it">
          {project.description ? <p className="prose" style={{ marginTop: 0 }}>{project.description}</p> : <p className="muted">Nothing is written about it yet.</p>}
          <Facts of={[["Name", project.name], ["Tags", <Tags key="tags" kind="project" name={project.name} place={{ project: project.name }} />], ["Begun", <span key="begun"><Moment time={project.created_at} /> by <Person actor={project.created_by} /></span>]]} />
        </Card>
        <Card title="What happened">
          <Answer of={activity} lines={3}>
            {({ events }) => (events.length ? <Timeline label="What happened" of={events.map(activityOf)} /> : <p className="muted">Nothing yet.</p>)}
          </Answer>
        </Card>
      </div>
      <Card title="Models">
        <Answer of={models} lines={3}>
          {(found) =>
            found.models.length === 0 ? (
              <Empty title="It has no model yet">
                <p>
                  Deploy one with <code>unshelf deploy PATH --project {project.name}</code>.
                </p>
              </Empty>
            ) : (
              <DataTable
                label="Models of the project"
                noun={["model", "models"]}
                height="420px"
                rows={found.models}
                keyOf={({ name }) => name}
                hrefOf={({ name }) => path`/models/${name}`}
                columns={[
                  { name: "name", header: "Model", cell: ({ name }) => name },
                  { name: "state", header: "State", cell: (model) => <StateWord state={stateOf(model)[0]}>{stateOf(model)[1]}</StateWord> },
                  { name: "release", header: "Live versions", cell: ({ release }) => <Shares of={release} compact /> },
                ]}
              />
            )
          }
        </Answer>
      </Card>
      <AppsCard project={project.name} />
      <CommentsCard kind="project" name={project.name} place={{ project: project.name }} />
      <p className="small muted">
        <PageLink href={`/models?project=${encodeURIComponent(project.name)}`}>All models of the project</PageLink>
      </p>
    </div>
  );
}
