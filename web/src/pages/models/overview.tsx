/** A model at a glance: its release, its facts, what happened to it. */
import type { ReactNode } from "react";

import { $api } from "~/api/client";
import type { ModelDetail } from "~/api/schema";
import { bytes, counted, duration, figure } from "~/parts/figures";
import { PageLink, path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Card, Facts } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { StateWord, Word } from "~/parts/state";
import { Person } from "~/parts/subject";
import { Timeline } from "~/parts/timeline";
import { SupportCard } from "../alerts/support";
import { AppsCard } from "../apps/card";
import { CommentsCard } from "../subjects/comments";
import { Tags } from "../subjects/tags";
import { activityOf } from "./activity";
import { Shares } from "./shares";
import { runsElsewhere } from "./states";
import { TrafficCard } from "./trafficcard";

const EVENTS = 12;

export function OverviewTab({ model }: { model: ModelDetail }) {
  const { version } = model;
  const place = { model: model.name, project: model.project };
  const aliases = Object.entries(model.aliases);
  return (
    <div className="columns">
      <div className="stack">
        <Card title="Release">
          <Shares of={model.release} />
          <div style={{ height: 16 }} />
          <Facts
            of={[
              ["Aliases", aliases.length ? <span key="aliases" className="row" style={{ gap: 4 }}>{aliases.map(([alias, number]) => <Word key={alias}>{`${alias} → ${number}`}</Word>)}</span> : "none"],
              ...(runsElsewhere({ version }) ? [] : ([["Limits", limitWords(model.limits)]] as [string, ReactNode][])),
              ["Runs", runsElsewhere({ version }) ? String(version.loader.options?.place ?? "on other infrastructure") : "here"],
              ["Replicas", runsElsewhere({ version }) ? "none: nothing of it is started here" : version.replicas.length ? `${counted(version.replicas.length, "worker")} of version ${version.version}` : "none just now; the first call wakes one"],
            ]}
          />
        </Card>
        <TrafficCard model={model.name} project={model.project} />
        <CommentsCard kind="model" name={model.name} place={place} />
      </div>
      <div className="stack">
        <Alerts model={model.name} />
        <WhatItIs model={model} />
        <SupportCard model={model.name} project={model.project} />
        <AppsCard model={model.name} />
        <Happened model={model.name} />
      </div>
    </div>
  );
}

function WhatItIs({ model }: { model: ModelDetail }) {
  const { version } = model;
  const isElsewhere = runsElsewhere({ version });
  const place = { model: model.name, project: model.project };
  return (
    <Card title="What it is">
      {version.description && <p className="prose" style={{ marginTop: 0 }}>{version.description}</p>}
      <Facts
        of={[
          ["Tags", <Tags key="tags" kind="model" name={model.name} place={place} />],
          ["Project", <PageLink key="project" href={path`/projects/${model.project}`}>{model.project}</PageLink>],
          ["Seen by", { private: "those with a role on it", internal: "everybody who is logged in", public: "everybody who is logged in, who may call it too" }[model.visibility]],
          ...(isElsewhere ? [] : ([["Framework", version.loader.kind]] as [string, ReactNode][])),
          [`Version ${version.version}`, <span key="deploy">{isElsewhere ? "registered" : "deployed"} <Moment time={version.created_at} /> by <Person actor={version.by} /></span>],
          ...(isElsewhere ? [] : programFacts(version)),
        ]}
      />
    </Card>
  );
}

function programFacts(version: ModelDetail["version"]): [string, ReactNode][] {
  return [
    ["Python", version.python],
    ["Environment", <PageLink key="environment" href={path`/environments/${version.environment}`}>{version.environment.slice(0, 12)}</PageLink>],
    ["Loads in", duration(version.checks.load_seconds)],
    ["Predicts in", version.checks.predict_seconds ? duration(version.checks.predict_seconds) : "–"],
    ["Memory", bytes(version.checks.memory_bytes)],
  ];
}

function limitWords(limits: ModelDetail["limits"]): string {
  if (!limits) return "none";
  const parts = [limits.rate ? `${figure(limits.rate)} requests a second` : "", limits.burst ? `bursts of ${figure(limits.burst)}` : "", limits.concurrency ? `${figure(limits.concurrency)} at once` : ""];
  return parts.filter(Boolean).join(", ") || "none";
}

function Alerts({ model }: { model: string }) {
  const answer = $api.useQuery("get", "/api/v1/alerts", { params: { query: { model, state: "open" } } });
  if (!answer.data?.alerts.length) return null;
  return (
    <Card title="Alerts">
      <ul className="list">
        {answer.data.alerts.map(({ id, severity, summary, advice, raised_at }) => (
          <li key={id}>
            <StateWord state={severity === "critical" ? "failing" : "attention"}>{severity}</StateWord> <PageLink href={path`/alerts/${id}`}>{summary}</PageLink>
            <div className="small muted">
              {advice} <Moment time={raised_at} />
            </div>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Happened({ model }: { model: string }) {
  const answer = $api.useQuery("get", "/api/v1/subjects/{kind}/{name}/activity", { params: { path: { kind: "model", name: model }, query: { limit: EVENTS } } });
  return (
    <Card title="What happened">
      <Answer of={answer} lines={4}>
        {({ events }) => (events.length ? <Timeline label={`What happened to ${model}`} of={events.map(activityOf)} /> : <p className="muted">Nothing yet.</p>)}
      </Answer>
    </Card>
  );
}
