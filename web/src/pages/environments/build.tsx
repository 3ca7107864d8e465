/** One build of an environment: its steps as they happen; when it failed, which package and why. */
import { useParams } from "@tanstack/react-router";

import { $api, answerOf, client } from "~/api/client";
import { askAnew } from "~/api/queries";
import type { EnvironmentBuild } from "~/api/schema";
import { Action } from "~/parts/action";
import { Code } from "~/parts/copy";
import { duration } from "~/parts/figures";
import { PageLink, path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Card, Page } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { StateWord, type State } from "~/parts/state";
import { Person } from "~/parts/subject";
import { originWords } from "./words";

const RUNNING_MS = 500;
const MEANING = { lock: "Requirements become exact packages", build: "The packages are fetched and installed, or are there already", register: "The version gets its number" };
const STEPS = ["lock", "build", "register"] as const;
const STATES: Record<string, State> = { started: "attention", done: "ok", failed: "failing" };
const WORDS: Record<EnvironmentBuild["state"], [State, string]> = { running: ["attention", "under way"], done: ["ok", "done"], failed: ["failing", "failed"] };

export function EnvironmentBuildPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const answer = $api.useQuery("get", "/api/v1/environments/builds/{id}", { params: { path: { id } } }, { refetchInterval: ({ state }) => (state.data?.state === "running" ? RUNNING_MS : false) });
  const build = answer.data;
  const [state, word] = build ? WORDS[build.state] : (["unknown", ""] as const);
  return (
    <Page
      title={build ? `Build of ${build.name}${build.version ? `:${build.version}` : ""}` : "Build"}
      within={[["Environments", "/environments"], ...(build?.version ? ([[build.name, path`/environments/names/${build.name}`]] as [string, string][]) : [])]}
      says={
        build && (
          <span className="row">
            <StateWord state={state}>{word}</StateWord> {originWords(build.origin)}, begun <Moment time={build.created_at} /> by <Person actor={build.by} />
          </span>
        )
      }
      actions={
        build?.state === "running" ? (
          <Action label="Cancel the build" color="red" permission={build.project === null ? "environments.manage" : "environments.build"} on={build.project === null ? { installation: true } : { project: build.project }} before={<>Its step ends at once with all its processes, and nothing of it stays.</>} act={() => answerOf(client.POST("/api/v1/environments/builds/{id}/cancel", { params: { path: { id } } })).then(() => askAnew("/api/v1/environments"))} />
        ) : (
          build?.version && <PageLink href={path`/environments/names/${build.name}`}>See the environment</PageLink>
        )
      }
    >
      <Answer of={answer}>{(found) => <Steps build={found} />}</Answer>
    </Page>
  );
}

function Steps({ build }: { build: EnvironmentBuild }) {
  const { error } = build;
  const taken = new Map(build.steps.map((step) => [step.step, step]));
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
          <p className="muted">Nothing of it was left behind.</p>
          {error.log && <Code text={error.log} />}
        </Card>
      )}
      {error?.code === "cancelled" && <p>{error.detail}</p>}
      <Card title="Steps">
        <ol className="timeline" aria-label="Steps">
          {STEPS.map((name) => {
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
    </div>
  );
}
