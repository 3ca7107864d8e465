/** One trigger: what it waits for, what it starts by whose rights, and what it did. */
import { useParams } from "@tanstack/react-router";

import { $api, answerOf, client } from "~/api/client";
import { askAnew } from "~/api/queries";
import type { TriggerView } from "~/api/schema";
import { Action } from "~/parts/action";
import { Code } from "~/parts/copy";
import { PageLink, path, useGo } from "~/parts/link";
import { Card, Facts, Page } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { Person } from "~/parts/subject";
import { Starts } from "./starts";
import { waitWords } from "./triggers";

const MOST = 100;

export function TriggerPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const answer = $api.useQuery("get", "/api/v1/triggers/{id}", { params: { path: { id } } });
  const starts = $api.useQuery("get", "/api/v1/triggers/{id}/starts", { params: { path: { id }, query: { limit: MOST } } });
  const trigger = answer.data;
  return (
    <Page title={trigger?.name ?? "Trigger"} within={[["Triggers", "/triggers"]]} says={trigger && <Says trigger={trigger} />} actions={trigger && <Acts trigger={trigger} />}>
      <Answer of={answer}>
        {(found) => (
          <div className="stack">
            <Card title="What starts what">
              <Facts
                of={[
                  ["Waits for", waitWords(found)],
                  found.kind === "pipeline" ? ["Pipeline", <PageLink key="j" href={path`/pipelines/${found.target}`}>{found.target.slice(-6)}</PageLink>] : found.kind === "scoring" ? ["Scoring", <PageLink key="j" href={path`/scorings/${found.target}`}>{found.target.slice(-6)}</PageLink>] : ["Job", <PageLink key="j" href={path`/jobs/${found.target}`}>{found.target.slice(-6)}</PageLink>],
                  ["Project", <PageLink key="p" href={path`/projects/${found.project}`}>{found.project}</PageLink>],
                  ["At most", `${found.most_an_hour} an hour`],
                  ["Runs as", <Person key="r" actor={found.runs_as} />],
                ]}
              />
              {found.waits_for === "call" && <Code text={`curl -X POST ${location.origin}/api/v1/triggers/${found.id}/call -H "Authorization: Bearer $UNSHELF_TOKEN" -H "Content-Type: application/json" -d '{"body": {}}'`} />}
            </Card>
            <Answer of={starts}>{(page) => <Starts kind={found.kind} starts={page.starts} keyOf={({ cause }) => cause} causes="Because" cause={({ because }) => because} />}</Answer>
          </div>
        )}
      </Answer>
    </Page>
  );
}

function Says({ trigger }: { trigger: TriggerView }) {
  return (
    <span className="row">
      <StateWord state={trigger.state === "active" ? "ok" : trigger.paused_because ? "failing" : "unknown"}>{trigger.state}</StateWord>
      {trigger.paused_because ? `The platform paused it: ${trigger.paused_because}` : `waits for ${waitWords(trigger)}`}
    </span>
  );
}

function Acts({ trigger }: { trigger: TriggerView }) {
  const go = useGo();
  const on = { project: trigger.project };
  const change = (state: "active" | "paused") => answerOf(client.PATCH("/api/v1/triggers/{id}", { params: { path: { id: trigger.id } }, body: { state } })).then(() => askAnew("/api/v1/triggers"));
  return (
    <>
      {trigger.state === "active" ? <Action label="Pause" permission="jobs.run" on={on} act={() => change("paused")} /> : <Action label="Resume" permission="jobs.run" on={on} before={<>It goes on with what happens from now on, by your rights.</>} act={() => change("active")} />}
      <Action
        label={`Delete ${trigger.name}`}
        color="red"
        permission="jobs.run"
        on={on}
        before={<>It starts nothing more; what it started goes on.</>}
        act={async () => {
          await answerOf(client.DELETE("/api/v1/triggers/{id}", { params: { path: { id: trigger.id } } }));
          await askAnew("/api/v1/triggers");
          go("/triggers");
        }}
      />
    </>
  );
}
