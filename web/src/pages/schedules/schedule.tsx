/** One schedule: when it starts what, by whose rights, and what it did. */
import { Button, Modal } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import type { ScheduleView } from "~/api/schema";
import { Action } from "~/parts/action";
import { PageLink, path, useGo } from "~/parts/link";
import { Moment, exactTime } from "~/parts/moment";
import { Card, Facts, Page } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { SchemaForm } from "~/parts/schemaform";
import { StateWord } from "~/parts/state";
import { Person } from "~/parts/subject";
import { CATCH_UPS, Preview } from "./set";
import { Starts } from "./starts";

const MOST = 100;

export function SchedulePage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const answer = $api.useQuery("get", "/api/v1/schedules/{id}", { params: { path: { id } } });
  const starts = $api.useQuery("get", "/api/v1/schedules/{id}/starts", { params: { path: { id }, query: { limit: MOST } } });
  const schedule = answer.data;
  return (
    <Page title={schedule?.name ?? "Schedule"} within={[["Schedules", "/schedules"]]} says={schedule && <Says schedule={schedule} />} actions={schedule && <Acts schedule={schedule} />}>
      <Answer of={answer}>
        {(found) => (
          <div className="stack">
            <Card title="When it starts what">
              <Facts
                of={[
                  ["When", <span key="w" className="mono">{`${found.cron} (${found.time_zone})`}</span>],
                  found.kind === "pipeline" ? ["Pipeline", <PageLink key="j" href={path`/pipelines/${found.target}`}>{found.target.slice(-6)}</PageLink>] : found.kind === "scoring" ? ["Scoring", <PageLink key="j" href={path`/scorings/${found.target}`}>{found.target.slice(-6)}</PageLink>] : ["Job", <PageLink key="j" href={path`/jobs/${found.target}`}>{found.target.slice(-6)}</PageLink>],
                  ["Project", <PageLink key="p" href={path`/projects/${found.project}`}>{found.project}</PageLink>],
                  ["Moments that were missed", CATCH_UPS.find(({ value }) => value === found.catch_up)?.label ?? found.catch_up],
                  ["Runs as", <Person key="r" actor={found.runs_as} />],
                ]}
              />
              <Preview cron={found.cron} zone={found.time_zone} />
            </Card>
            <Answer of={starts}>{(page) => <Starts kind={found.kind} starts={page.starts} keyOf={({ due_at }) => due_at} causes="Due" cause={({ due_at }) => exactTime(due_at)} />}</Answer>
          </div>
        )}
      </Answer>
    </Page>
  );
}

function Says({ schedule }: { schedule: ScheduleView }) {
  return (
    <span className="row">
      <StateWord state={schedule.state === "active" ? "ok" : schedule.paused_because ? "failing" : "unknown"}>{schedule.state}</StateWord>
      {schedule.paused_because ? `The platform paused it: ${schedule.paused_because}` : schedule.next_at ? <>starts next <Moment time={schedule.next_at} /></> : "starts nothing"}
    </span>
  );
}

function Acts({ schedule }: { schedule: ScheduleView }) {
  const go = useGo();
  const on = { project: schedule.project };
  const change = (state: "active" | "paused") => answerOf(client.PATCH("/api/v1/schedules/{id}", { params: { path: { id: schedule.id } }, body: { state } as never })).then(() => askAnew("/api/v1/schedules"));
  return (
    <>
      {schedule.state === "active" ? <Action label="Pause" permission="jobs.run" on={on} act={() => change("paused")} /> : <Action label="Resume" permission="jobs.run" on={on} before={<>It goes on with its next moment, by your rights.</>} act={() => change("active")} />}
      <Change schedule={schedule} />
      <Action
        label={`Delete ${schedule.name}`}
        color="red"
        permission="jobs.run"
        on={on}
        before={<>It starts nothing more; what it started goes on.</>}
        act={async () => {
          await answerOf(client.DELETE("/api/v1/schedules/{id}", { params: { path: { id: schedule.id } } }));
          await askAnew("/api/v1/schedules");
          go("/schedules");
        }}
      />
    </>
  );
}

function Change({ schedule }: { schedule: ScheduleView }) {
  const [opened, setOpened] = useState(false);
  const may = useMay();
  if (!may("jobs.run", { project: schedule.project })) return null;
  return (
    <>
      <Button variant="default" onClick={() => setOpened(true)}>
        Change
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={`Change ${schedule.name}`} closeButtonProps={{ "aria-label": "Close" }}>
        <SchemaForm
          fields={[
            { kind: "text", name: "cron", label: "When", required: true },
            { kind: "choice", name: "time_zone", label: "Time zone", required: true, options: Intl.supportedValuesOf("timeZone").concat("UTC") },
            { kind: "choice", name: "catch_up", label: "Moments that were missed", required: true, options: CATCH_UPS },
          ]}
          initial={{ cron: schedule.cron, time_zone: schedule.time_zone, catch_up: schedule.catch_up }}
          submit={`Change ${schedule.name}`}
          onCancel={() => setOpened(false)}
          onSubmit={async ({ cron, time_zone, catch_up }) => {
            await answerOf(client.PATCH("/api/v1/schedules/{id}", { params: { path: { id: schedule.id } }, body: { cron: String(cron), time_zone: String(time_zone), catch_up: catch_up as "all" } as never }));
            setOpened(false);
            await askAnew("/api/v1/schedules");
          }}
        />
      </Modal>
    </>
  );
}
