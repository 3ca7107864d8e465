/** The start page: what is live, what needs me, what happened lately; on an empty installation the first steps. */
import { $api } from "~/api/client";
import { useIdentity, useMay } from "~/api/permissions";
import type { Model } from "~/api/schema";
import { useProject } from "~/app/project";
import { useNotifications } from "~/app/inbox";
import { counted } from "~/parts/figures";
import { PageLink, isOurs, path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Card, Page } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { personName } from "~/parts/subject";
import { Timeline } from "~/parts/timeline";
import { AppsCard } from "../apps/card";
import { activityOf } from "../models/activity";
import { stateOf } from "../models/states";
import { FirstSteps } from "./first";

const MOST_MODELS = 200;
const SHOWN = 8;
const EVENTS = 80;
const TOLD = 12;
/** Events that only an auditor looks for. */
const ROUTINE = /^(login|access|token|session|records)\./;

export function HomePage() {
  const may = useMay();
  const identity = useIdentity();
  const [project] = useProject();
  const models = $api.useQuery("get", "/api/v1/models", { params: { query: { limit: MOST_MODELS, project: project || undefined } } }, { enabled: may("model.read") });
  const alerts = $api.useQuery("get", "/api/v1/alerts", { params: { query: { state: "active" } } }, { enabled: may("alerts.read") });
  const requests = $api.useQuery("get", "/api/v1/requests", { params: { query: { state: "open" } } }, { enabled: identity !== undefined });
  const all = models.data?.models;
  const live = all?.filter(({ release, paused }) => release.length > 0 && !paused) ?? [];
  const deciding = requests.data?.requests.filter(({ may_decide }) => may_decide) ?? [];
  const open = alerts.data?.alerts ?? [];
  const says = all === undefined ? undefined : `${live.length ? counted(live.length, "model is", "models are") : "No model is"} live; ${needs(deciding.length, open.length)}.`;

  return (
    <Page title={identity?.kind === "user" ? `Good day, ${identity.full_name || identity.name}` : "Unshelf"} says={says}>
      {all?.length === 0 && !project && <FirstSteps />}
      <div className="columns">
        <div className="stack">
          {may("model.read") && (all === undefined || all.length > 0) && (
            <Card title="Live" aside={<PageLink href="/models">All models</PageLink>}>
              <Answer of={models} lines={4}>
                {() => <LiveModels models={live} />}
              </Answer>
            </Card>
          )}
          <AppsCard project={project} />
          <Card title="What needs me">
            <NeedsMe deciding={deciding} alerts={open} mine={requests.data?.requests.filter(({ may_decide }) => !may_decide) ?? []} />
          </Card>
        </div>
        <Lately />
      </div>
    </Page>
  );
}

function needs(requests: number, alerts: number): string {
  const parts = [requests ? counted(requests, "request waits for you", "requests wait for you") : "", alerts ? counted(alerts, "alert is open", "alerts are open") : ""].filter(Boolean);
  return parts.length ? parts.join(", ") : "nothing needs you";
}

function LiveModels({ models }: { models: Model[] }) {
  if (models.length === 0) return <p className="muted">No model is live. A model's first version goes live as soon as it is deployed.</p>;
  return (
    <ul className="list">
      {models.slice(0, SHOWN).map((model) => {
        const [state, word] = stateOf(model);
        return (
          <li key={model.name} className="row spread" style={{ flexWrap: "nowrap" }}>
            <span style={{ minWidth: 0 }}>
              <PageLink href={path`/models/${model.name}`}>{model.name}</PageLink>
              <span className="small muted"> · {model.release.map(({ version, percent }) => (percent === 100 ? `version ${version}` : `version ${version} ${percent} %`)).join(", ")}</span>
            </span>
            <StateWord state={state}>{word}</StateWord>
          </li>
        );
      })}
    </ul>
  );
}

type Requests = { id: string; kind: string; asked_by: string; asked_at: string; model: string | null; project: string | null }[];

function NeedsMe({ deciding, mine, alerts }: { deciding: Requests; mine: Requests; alerts: { id: string; severity: string; status: string; summary: string; raised_at: string }[] }) {
  const told = useNotifications(SHOWN).data?.notifications.filter(({ read_at }) => !read_at) ?? [];
  if (deciding.length + mine.length + alerts.length + told.length === 0) return <p className="muted">Nothing. Requests that you may decide, open alerts and unread notifications stand here.</p>;
  return (
    <ul className="list">
      {alerts.slice(0, SHOWN).map(({ id, severity, status, summary, raised_at }) => (
        <li key={id}>
          <StateWord state={severity === "critical" ? "failing" : "attention"}>{severity}</StateWord> <PageLink href={path`/alerts/${id}`}>{summary}</PageLink>{" "}
          <span className="small muted">
            {status === "acknowledged" && "somebody has it · "}
            <Moment time={raised_at} />
          </span>
        </li>
      ))}
      {deciding.slice(0, SHOWN).map(({ id, kind, asked_by, asked_at, model, project }) => (
        <li key={id}>
          <PageLink href={path`/requests/${id}`}>
            {personName(asked_by)} asks for {kind}
            {model || project ? ` on ${model ?? project}` : ""}
          </PageLink>{" "}
          <span className="small muted">
            <Moment time={asked_at} />
          </span>
        </li>
      ))}
      {mine.slice(0, SHOWN).map(({ id, kind, asked_at, model, project }) => (
        <li key={id}>
          <PageLink href={path`/requests/${id}`}>
            You asked for {kind}
            {model || project ? ` on ${model ?? project}` : ""}
          </PageLink>{" "}
          <span className="small muted">
            <Moment time={asked_at} />
          </span>
        </li>
      ))}
      {told.map(({ id, title, link, created_at }) => (
        <li key={id}>
          {isOurs(link) ? <PageLink href={link}>{title}</PageLink> : title}{" "}
          <span className="small muted">
            <Moment time={created_at} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function Lately() {
  const activity = $api.useQuery("get", "/api/v1/activity", { params: { query: { limit: EVENTS } } });
  return (
    <Card title="What happened lately">
      <Answer of={activity} lines={4}>
        {({ events }) => {
          const told = events.filter(({ action }) => !ROUTINE.test(action)).slice(0, TOLD);
          return told.length === 0 ? <p className="muted">Nothing yet.</p> : <Timeline label="What happened lately" of={told.map(activityOf)} />;
        }}
      </Answer>
    </Card>
  );
}
