/** The card of an alert: what is wrong, since when and how far, what changed before, and what one may do about it, ranked. */
import { useParams } from "@tanstack/react-router";

import { $api } from "~/api/client";
import type { AlertShown } from "~/api/schema";
import { PageLink, path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Card, Page } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { Person } from "~/parts/subject";
import { Timeline } from "~/parts/timeline";
import { activityOf } from "../models/activity";
import { CommentsCard } from "../subjects/comments";
import { Watch } from "../subjects/watch";
import { Answers } from "./answers";
import { WhatChanged } from "./changed";
import { Collected } from "./collected";
import { Evidence } from "./evidence";
import { Decided, Options } from "./options";
import { stateOfAlert, wordOfAlert } from "./states";

const EVENTS = 50;
const MOST = 100;

export function AlertPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const answer = $api.useQuery("get", "/api/v1/alerts/{id}", { params: { path: { id } } });
  const card = $api.useQuery("get", "/api/v1/alerts/{id}/card", { params: { path: { id } } });
  const alert = answer.data;
  return (
    <Page
      title={alert?.summary ?? "Alert"}
      within={[["Alerts", "/alerts"]]}
      says={alert && <Says alert={alert} />}
      actions={
        alert && (
          <>
            <Watch kind="alert" name={alert.id} />
            {card.data?.may_answer && <Answers alert={alert} />}
          </>
        )
      }
    >
      <Answer of={answer} lines={10}>
        {(found) => (
          <>
            <div className="columns">
              <Card title="What is wrong">
                <p className="prose" style={{ marginTop: 0 }}>{found.advice}</p>
                <Evidence alert={found} project={card.data?.project ?? undefined} />
              </Card>
              <div className="stack">
                {found.status !== "resolved" && (
                  <Card title="What to do">
                    <Answer of={card} lines={6}>{(ranked) => <Options alert={found} card={ranked} />}</Answer>
                  </Card>
                )}
                {found.model && <Collected model={found.model} project={card.data?.project ?? undefined} since={found.raised_at} />}
                {card.data && <Decided card={card.data} />}
              </div>
            </div>
            <div className="columns">
              <div className="stack">
                {found.model && card.data && <WhatChanged model={found.model} card={card.data} />}
                <Together alert={found} />
                <CommentsCard kind="alert" name={found.id} place={found.model ? { model: found.model, project: card.data?.project ?? undefined } : found.project ? { project: found.project } : { installation: true }} />
              </div>
              <History id={found.id} />
            </div>
          </>
        )}
      </Answer>
    </Page>
  );
}

function Says({ alert }: { alert: AlertShown }) {
  const { status, model, project, raised_at, acknowledged_by, assignee, snoozed_until, resolved_at, resolved_because, ignored_by } = alert;
  return (
    <span className="row">
      <StateWord state={stateOfAlert(alert)}>{wordOfAlert(alert)}</StateWord>
      <span>
        {model ? <PageLink href={path`/models/${model}`} style={{ textDecoration: "underline" }}>{model}</PageLink> : project ? <>The project <PageLink href={path`/projects/${project}`} style={{ textDecoration: "underline" }}>{project}</PageLink></> : "The installation"}, found <Moment time={raised_at} />
        {assignee && `, given to the ${assignee.kind} ${assignee.name}`}
        {status === "new" && "; nobody has it yet."}
        {status === "acknowledged" && <>; <Person actor={acknowledged_by} /> has it.</>}
        {status === "snoozed" && <>; nobody hears of it until it is <Moment time={snoozed_until} />.</>}
        {status === "ignored" && <>; <Person actor={ignored_by} /> chose to ignore it until it changes.</>}
        {status === "resolved" && <>; over <Moment time={resolved_at} />. {resolved_because}</>}
      </span>
    </span>
  );
}

/** The others of its group. */
function Together({ alert }: { alert: AlertShown }) {
  const { group, model, id } = alert;
  const answer = $api.useQuery("get", "/api/v1/alerts", { params: { query: { state: "all", model: model ?? undefined, limit: MOST } } }, { enabled: group !== null });
  const others = (answer.data?.alerts ?? []).filter((each) => each.group === group && each.id !== id && each.model === model);
  if (others.length === 0) return null;
  return (
    <Card title="Began together with it">
      <ul className="list">
        {others.map((other) => (
          <li key={other.id}>
            <StateWord state={stateOfAlert(other)}>{wordOfAlert(other)}</StateWord> <PageLink href={path`/alerts/${other.id}`}>{other.summary}</PageLink>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function History({ id }: { id: string }) {
  const answer = $api.useQuery("get", "/api/v1/subjects/{kind}/{name}/activity", { params: { path: { kind: "alert", name: id }, query: { limit: EVENTS } } });
  return (
    <Card title="What was done about it">
      <Answer of={answer} lines={4}>
        {({ events }) => (events.length ? <Timeline label="What was done about it" of={events.map(happeningOf)} /> : <p className="muted">Nothing yet.</p>)}
      </Answer>
    </Card>
  );
}

const WORDS: Record<string, string> = {
  "alert.raised": "Found", "alert.notified": "People were notified", "alert.escalated": "Escalated: nobody had it in time", "alert.acknowledged": "Acknowledged",
  "alert.snoozed": "Snoozed", "alert.woken": "The snooze ended", "alert.assigned": "Given away", "alert.ignored": "Ignored until it changes", "alert.heeded": "Not ignored any more",
  "alert.changed": "It changed, so it counts again", "alert.decided": "Decided", "alert.acted": "A policy acted", "alert.resolved": "Over",
};

/** An event of an alert in words: what was done, and to what end. */
function happeningOf(event: Parameters<typeof activityOf>[0]) {
  const { outcome, choice, to, people } = event.detail as Record<string, unknown>;
  const more = [choice, to, typeof people === "number" ? `${people} ${people === 1 ? "person" : "people"}` : ""].filter(Boolean).join(", ");
  const base = activityOf(event);
  return { ...base, what: <>{WORDS[event.action] ?? base.what}{more ? `: ${more}` : ""}</>, note: [outcome, event.reason].filter(Boolean).join(" ") || undefined };
}
