/** One deploy: its steps as they happen; when it failed, why and what to change. */
import { useEffect } from "react";
import { useParams } from "@tanstack/react-router";

import { $api, answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import type { Deploy } from "~/api/schema";
import { Action } from "~/parts/action";
import { Code } from "~/parts/copy";
import { duration } from "~/parts/figures";
import { PageLink, path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Card, Facts, Page } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { StateWord, type State } from "~/parts/state";
import { Person } from "~/parts/subject";
import { settle } from "../deploying/draft";
import { deployState, seconds } from "./states";

const RUNNING_MS = 500;
const STEPS = ["bundle", "profile", "lock", "build", "check", "register", "start", "release"] as const;
const MEANING = {
  bundle: "The files are read, and become a bundle",
  profile: "The baseline is summed up, column by column",
  lock: "Requirements become exact packages",
  build: "The environment is made, or taken as it is",
  check: "A fresh process loads the model and predicts its example",
  register: "The version gets its number",
  start: "A worker of the version answers",
  release: "It goes live, if it shall",
};
const RARE = new Set<string>(["bundle", "profile"]);
const STATES: Record<string, State> = { started: "attention", done: "ok", failed: "failing" };

export function DeployPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const answer = $api.useQuery("get", "/api/v1/deploys/{id}", { params: { path: { id } } }, { refetchInterval: ({ state }) => (state.data?.state === "running" ? RUNNING_MS : false) });
  const deploy = answer.data;
  const [state, word] = deploy ? deployState(deploy) : (["unknown", ""] as const);
  return (
    <Page
      title={deploy ? `Deploy of ${deploy.name}${deploy.version ? `:${deploy.version}` : ""}` : "Deploy"}
      within={[["Deploys", "/deploys"]]}
      says={
        deploy && (
          <span className="row">
            <StateWord state={state}>{word}</StateWord> begun <Moment time={deploy.created_at} /> by <Person actor={deploy.by} /> · {duration(seconds(deploy))}
          </span>
        )
      }
      actions={
        deploy?.state === "running" ? (
          <Action label="Cancel the deploy" color="red" permission="model.deploy" before={<>Its step ends at once with all its processes, and what it did is undone.</>} act={() => answerOf(client.POST("/api/v1/deploys/{id}/cancel", { params: { path: { id } } })).then(() => askAnew("/api/v1/deploys"))} />
        ) : (
          deploy && (deploy.version ? <Onward deploy={deploy} /> : deploy.error?.code === "cancelled" && <Again deploy={deploy} />)
        )
      }
    >
      <Answer of={answer}>{(found) => <Steps deploy={found} />}</Answer>
    </Page>
  );
}

/** The way on, to the model that is there now. */
function Onward({ deploy: { id, name, version, live } }: { deploy: Deploy }) {
  useEffect(() => settle(id), [id]);
  const reference = live ? name : `${name}:${version}`;
  return (
    <>
      <PageLink className="button-link" href={path`/models/${reference}/try`}>
        Try it
      </PageLink>
      <PageLink className="button-link" href={`${path`/models/${reference}`}?tab=call`}>
        How to call it
      </PageLink>
      <PageLink className="button-link button-link-first" href={path`/models/${reference}`}>
        See {reference}
      </PageLink>
    </>
  );
}

/** The way back to the form, where the files of a deploy are kept. */
function Again({ deploy: { id } }: { deploy: Deploy }) {
  const may = useMay();
  const kept = $api.useQuery("get", "/api/v1/deploys/{id}/files", { params: { path: { id } } }, { enabled: may("model.deploy"), retry: false });
  if (!kept.data) return null;
  return (
    <PageLink className="button-link button-link-first" href={`/deploy?from=${id}`}>
      Change and try again
    </PageLink>
  );
}

function Steps({ deploy }: { deploy: Deploy }) {
  const { error } = deploy;
  const isOfFiles = deploy.steps.some(({ step }) => step === "bundle");
  const taken = new Map(deploy.steps.map((step) => [step.step, step]));
  return (
    <div className="stack">
      {error && error.code !== "cancelled" && (
        <Card title={`It failed at the step “${error.step}”`}>
          <p className="prose" style={{ marginTop: 0 }}>{error.detail}</p>
          {error.hint && (
            <p className="prose">
              <strong>What to do:</strong> {error.hint}
            </p>
          )}
          <p className="muted">{isOfFiles ? "Nothing of it was left behind but your files, which are kept for a day." : "Nothing of it was left behind. Change that and deploy again."}</p>
          <Again deploy={deploy} />
        </Card>
      )}
      {error?.code === "cancelled" && <p>{error.detail}</p>}
      <Card title="Steps">
        <ol className="timeline" aria-label="Steps">
          {STEPS.filter((name) => !RARE.has(name) || taken.has(name)).map((name) => {
            const step = taken.get(name);
            return (
              <li key={name} data-state={step ? STATES[step.state] : undefined}>
                <div className="row spread">
                  <strong style={{ fontWeight: 600 }}>{name}</strong>
                  <span className="small muted">{step ? (step.state === "started" ? "under way" : step.seconds === null ? step.state : duration(step.seconds)) : "–"}</span>
                </div>
                <div className="small muted prose">{step?.detail || MEANING[name]}</div>
              </li>
            );
          })}
        </ol>
      </Card>
      {error?.log && (
        <Card title="What was said last">
          <div style={{ maxHeight: 480, overflowY: "auto" }} tabIndex={0} role="region" aria-label="What was said last">
            <Code text={error.log} />
          </div>
        </Card>
      )}
      {deploy.found && (
        <Card title="What a deploy would make">
          <Facts of={[["Python", deploy.found.python], ["Packages", deploy.found.packages], ["Environment", deploy.found.environment]]} />
        </Card>
      )}
    </div>
  );
}
