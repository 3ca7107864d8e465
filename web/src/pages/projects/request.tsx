/** One request: what for, who decides, and the decision. */
import { Button, Modal } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { useIdentity } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import type { RequestDetail } from "~/api/schema";
import { Compared, comparisonOf } from "~/pages/pipelines/compared";
import { Action } from "~/parts/action";
import { PageLink, path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Card, Facts, Page } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { SchemaForm } from "~/parts/schemaform";
import { StateWord } from "~/parts/state";
import { Person, personName } from "~/parts/subject";
import { askedFor, REQUEST_STATES } from "./requests";

const DAY_SECONDS = 86_400;
const after = () => askAnew("/api/v1/requests", "/api/v1/whoami", "/api/v1/projects", "/api/v1/models", "/api/v1/pipeline-runs");

export function RequestPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const answer = $api.useQuery("get", "/api/v1/requests/{id}", { params: { path: { id } } });
  const request = answer.data;
  return (
    <Page
      title={request ? `${personName(request.asked_by)} asks for ${askedFor(request)}` : "Request"}
      within={[["Requests", "/requests"]]}
      says={request && <StateWord state={REQUEST_STATES[request.state]}>{request.state}</StateWord>}
      actions={request && <Decide request={request} />}
    >
      <Answer of={answer}>
        {(found) => (
          <Card>
            <Facts
              of={[
                ["What for", found.reason],
                ["About", found.model ? <PageLink href={path`/models/${found.model}`}>{found.model}</PageLink> : found.project ? <PageLink href={path`/projects/${found.project}`}>{found.project}</PageLink> : "the installation"],
                ["Asked", <span key="asked"><Moment time={found.asked_at} /> by <Person actor={found.asked_by} /></span>],
                ["Decided", found.decided_at ? <span key="decided"><Moment time={found.decided_at} /> by <Person actor={found.decided_by} /></span> : "not yet"],
                ...approvalFacts(found),
                ...(found.decision_reason ? [["Why", found.decision_reason] as [string, string]] : []),
                ...(found.expires_at ? [["Ends", <Moment key="ends" time={found.expires_at} />] as [string, React.ReactNode]] : []),
                ...(found.next_step ? [["Next", found.next_step] as [string, string]] : []),
              ]}
            />
            <Figures details={found.wanted.details} />
          </Card>
        )}
      </Answer>
    </Page>
  );
}

/** The pipeline that asks, and the version that it is about. */
function approvalFacts({ kind, wanted }: RequestDetail): [string, React.ReactNode][] {
  if (kind !== "approval") return [];
  const facts: [string, React.ReactNode][] = [];
  if (typeof wanted.about === "string") facts.push(["Version", <PageLink key="v" href={path`/models/${wanted.about}`}>{wanted.about}</PageLink>]);
  if (typeof wanted.run === "string") facts.push(["Asked by", <PageLink key="r" href={path`/pipeline-runs/${wanted.run}`}>a run of the pipeline {String(wanted.pipeline ?? "")}</PageLink>]);
  return facts;
}

/** What there is to decide by: a comparison as a table, anything else as it is. */
function Figures({ details }: { details: unknown }) {
  if (details === undefined || details === null) return null;
  const comparison = comparisonOf(details);
  if (comparison) return <Compared of={comparison} />;
  return <pre className="mono" style={{ whiteSpace: "pre-wrap", margin: "16px 0 0" }}>{typeof details === "string" ? details : JSON.stringify(details, null, 2)}</pre>;
}

function Decide({ request }: { request: RequestDetail }) {
  const identity = useIdentity();
  const [asking, setAsking] = useState<"grant" | "refuse">();
  const call = { params: { path: { id: request.id } } };
  const isApproval = request.kind === "approval";
  if (request.state !== "open") return null;
  if (identity && request.asked_by.includes(identity.id)) {
    return <Action label="Take the request back" act={() => answerOf(client.POST("/api/v1/requests/{id}/withdraw", call)).then(after)} />;
  }
  if (!request.may_decide) return null;
  return (
    <>
      <Button variant="default" onClick={() => setAsking("refuse")}>
        Refuse
      </Button>
      <Button onClick={() => setAsking("grant")}>Grant</Button>
      <Modal opened={asking !== undefined} onClose={() => setAsking(undefined)} title={asking === "grant" ? "Grant the request" : "Refuse the request"} centered closeButtonProps={{ "aria-label": "Close" }}>
        {asking === "grant" ? (
          <SchemaForm
            fields={[
              ...(isApproval ? [] : [{ kind: "number" as const, name: "days", label: "Good for", unit: "days", min: 1, description: "It ends by itself. Leave empty for good." }]),
              { kind: "long", name: "reason", label: "Why (who asked reads it)" },
            ]}
            initial={isApproval ? {} : { days: 7 }}
            submit="Grant the request"
            onCancel={() => setAsking(undefined)}
            onSubmit={async ({ days, reason }) => {
              await answerOf(client.POST("/api/v1/requests/{id}/grant", { ...call, body: { expires_in_seconds: typeof days === "number" ? days * DAY_SECONDS : null, reason: String(reason ?? "") } }));
              setAsking(undefined);
              await after();
            }}
          />
        ) : (
          <SchemaForm
            fields={[{ kind: "long", name: "reason", label: "Why", description: "Who asked reads it, and what to do instead.", required: true }]}
            submit="Refuse the request"
            onCancel={() => setAsking(undefined)}
            onSubmit={async ({ reason }) => {
              await answerOf(client.POST("/api/v1/requests/{id}/refuse", { ...call, body: { reason: String(reason) } }));
              setAsking(undefined);
              await after();
            }}
          />
        )}
      </Modal>
    </>
  );
}
