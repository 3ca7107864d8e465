/** A project at a glance: what it is, what it has, what it still lacks, what happened. */
import { $api } from "~/api/client";
import { useMay } from "~/api/permissions";
import type { ProjectDetail } from "~/api/schema";
import { PageLink, path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Card, Facts } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { StateWord, Word } from "~/parts/state";
import { Person } from "~/parts/subject";
import { Timeline } from "~/parts/timeline";
import { SupportCard } from "../alerts/support";
import { AppsCard } from "../apps/card";
import { activityOf } from "../models/activity";
import { releaseWords, stateOf } from "../models/states";
import { CommentsCard } from "../subjects/comments";
import { Tags } from "../subjects/tags";
import { ProjectCost } from "../usage/cost";
import { missingWords, stateOfGoal } from "./goalstates";

const EVENTS = 15;
const SHOWN = 10;

export function Overview({ project }: { project: ProjectDetail }) {
  const { name } = project;
  return (
    <div className="columns">
      <div className="stack">
        <Card title="About it">
          {project.description ? <p className="prose" style={{ marginTop: 0 }}>{project.description}</p> : <p className="muted">Nothing is written about it yet.</p>}
          <Facts of={[["Name", name], ["Cost", <ProjectCost key="cost" project={name} />], ["Tags", <Tags key="tags" kind="project" name={name} place={{ project: name }} />], ["Begun", <span key="begun"><Moment time={project.created_at} /> by <Person actor={project.created_by} /></span>]]} />
        </Card>
        <Models project={name} />
        <AppsCard project={name} />
        <Data project={name} />
        <CommentsCard kind="project" name={name} place={{ project: name }} />
      </div>
      <div className="stack">
        <Goals project={name} />
        <SupportCard project={name} />
        <Happened project={name} />
      </div>
    </div>
  );
}

function Goals({ project }: { project: string }) {
  const answer = $api.useQuery("get", "/api/v1/projects/{project}/goals", { params: { path: { project } } });
  return (
    <Card title="Goals" aside={<PageLink href={`${path`/projects/${project}`}?tab=goals`}>All about them</PageLink>}>
      <Answer of={answer} lines={2}>
        {({ goals }) =>
          goals.length === 0 ? (
            <p className="muted" style={{ margin: 0 }}>None is set yet: what is to be reached, by when, and by which figure.</p>
          ) : (
            <ul className="list">
              {goals.slice(0, SHOWN).map((goal) => (
                <li key={goal.id}>
                  <div className="row spread" style={{ flexWrap: "nowrap", alignItems: "flex-start" }}>
                    <PageLink href={path`/projects/${project}/goals/${goal.id}`}>{goal.title}</PageLink>
                    <StateWord state={stateOfGoal(goal)[0]}>{stateOfGoal(goal)[1]}</StateWord>
                  </div>
                  {goal.missing.length > 0 && <div className="small muted">Missing: {missingWords(goal)}</div>}
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
    </Card>
  );
}

function Models({ project }: { project: string }) {
  const answer = $api.useQuery("get", "/api/v1/models", { params: { query: { project, limit: SHOWN } } });
  return (
    <Card title="Models" aside={<PageLink href={`/models?project=${encodeURIComponent(project)}`}>All its models</PageLink>}>
      <Answer of={answer} lines={3}>
        {({ models }) =>
          models.length === 0 ? (
            <p className="muted" style={{ margin: 0 }}>
              It has no model yet. <PageLink href="/deploy">Deploy one from a file or a folder</PageLink>, or by <code>unshelf deploy PATH --project {project}</code>.
            </p>
          ) : (
            <ul className="list">
              {models.map((model) => (
                <li key={model.name} className="row spread" style={{ flexWrap: "nowrap" }}>
                  <span style={{ minWidth: 0, overflowWrap: "anywhere" }}>
                    <PageLink href={path`/models/${model.name}`}>{model.name}</PageLink>
                    <span className="small muted"> · {releaseWords(model)}</span>
                  </span>
                  <StateWord state={stateOf(model)[0]}>{stateOf(model)[1]}</StateWord>
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
    </Card>
  );
}

function Data({ project }: { project: string }) {
  const may = useMay();
  const answer = $api.useQuery("get", "/api/v1/data", { params: { query: { project, limit: SHOWN } } }, { enabled: may("data.read", { project }) });
  if (!answer.data?.data.length) return null;
  return (
    <Card title="Data" aside={<PageLink href="/data">All data</PageLink>}>
      <ul className="list">
        {answer.data.data.map(({ name, kind, description }) => (
          <li key={name} style={{ overflowWrap: "anywhere" }}>
            <PageLink href={path`/data/${name}`}>{name}</PageLink> <Word>{kind}</Word>
            {description && <div className="small muted">{description.slice(0, 120)}</div>}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Happened({ project }: { project: string }) {
  const activity = $api.useQuery("get", "/api/v1/subjects/{kind}/{name}/activity", { params: { path: { kind: "project", name: project }, query: { limit: EVENTS } } });
  return (
    <Card title="What happened">
      <Answer of={activity} lines={3}>
        {({ events }) => (events.length ? <Timeline label="What happened" of={events.map(activityOf)} /> : <p className="muted">Nothing yet.</p>)}
      </Answer>
    </Card>
  );
}
