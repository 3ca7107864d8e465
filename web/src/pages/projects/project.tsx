/** The page of a project: goals, members, models, notes, what happened. */
import { useParams } from "@tanstack/react-router";

import { $api, answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import type { ProjectDetail } from "~/api/schema";
import { Action } from "~/parts/action";
import { Page, PageTabs, type Tab } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { StateWord, Word } from "~/parts/state";
import { useView } from "~/parts/view";
import { NetworkTab } from "../networks/project";
import { Watch } from "../subjects/watch";
import { GoalsTab } from "./goals";
import { MembersTab } from "./members";
import { NotesTab } from "./notes";
import { Overview } from "./overview";
import { SecretsTab } from "./secrets";

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
