/** Having a job or a pipeline run by the clock, or when something happens. */
import { Button, Menu, Modal } from "@mantine/core";
import { useEffect, useState } from "react";

import { answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { problemOf } from "~/api/problem";
import { askAnew } from "~/api/queries";
import { path, useGo } from "~/parts/link";
import { exactTime } from "~/parts/moment";
import { SchemaForm, type Values } from "~/parts/schemaform";

const PAUSE_MS = 300;
export const CATCH_UPS = [
  { value: "latest", label: "Make up for the latest" },
  { value: "all", label: "Make up for each" },
  { value: "skip", label: "Skip them" },
];

const OWN = "own";
const DAILY = "0 6 * * *";
export const OFTEN = [
  { value: "0 * * * *", label: "Every hour" },
  { value: DAILY, label: "Every day at 6:00" },
  { value: "0 6 * * MON-FRI", label: "On working days at 6:00" },
  { value: "0 6 * * MON", label: "Every week, on Monday at 6:00" },
  { value: "0 6 1 * *", label: "Every month, on the 1st at 6:00" },
  { value: OWN, label: "Another timetable" },
];

/** The timetable of a filled form. */
export function cronOf({ often, cron }: Values): string {
  return String((often === OWN ? cron : often) ?? "").trim();
}

/** A title as the name of a schedule or trigger, which has fewer characters to choose from. */
export function plainName(title: string): string {
  return title.replace(/[^A-Za-z0-9 ._-]+/g, "").replace(/^[^A-Za-z0-9]+/, "").trim().slice(0, 100).trim();
}

/** A job or a pipeline. */
export interface Startable {
  kind: "job" | "pipeline";
  id: string;
  name: string;
  project: string;
}

export function SetSchedule({ of: job }: { of: Startable }) {
  const [opened, setOpened] = useState<"clock" | "event" | null>(null);
  const may = useMay();
  if (!may("jobs.run", { project: job.project })) return null;
  const close = () => setOpened(null);
  return (
    <>
      <Menu>
        <Menu.Target>
          <Button variant="default">Run by itself</Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => setOpened("clock")}>By the clock</Menu.Item>
          <Menu.Item onClick={() => setOpened("event")}>When something happens</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal opened={opened === "clock"} onClose={close} title={`Run ${job.name} by the clock`} size="lg" closeButtonProps={{ "aria-label": "Close" }}>
        <ClockForm job={job} close={close} />
      </Modal>
      <Modal opened={opened === "event"} onClose={close} title={`Run ${job.name} when something happens`} size="lg" closeButtonProps={{ "aria-label": "Close" }}>
        <EventForm job={job} close={close} />
      </Modal>
    </>
  );
}

function ClockForm({ job, close }: { job: Startable; close: () => void }) {
  const go = useGo();
  const [shown, setShown] = useState<Values>({ name: plainName(job.name), often: DAILY, cron: DAILY, time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone, catch_up: "latest" });
  const isOwn = shown.often === OWN;
  return (
    <SchemaForm
      onChange={setShown}
      fields={[
        { kind: "text", name: "name", label: "Name", required: true },
        { kind: "choice", name: "often", label: "How often", required: true, options: OFTEN },
        ...(isOwn ? [{ kind: "text" as const, name: "cron", label: "When", required: true, description: "Minute, hour, day of the month, month, day of the week; 30 6 * * MON-FRI is half past six on working days. Also @hourly, @daily, @weekly." }] : []),
        { kind: "choice", name: "time_zone", label: "Time zone", required: true, options: Intl.supportedValuesOf("timeZone").concat("UTC") },
        { kind: "choice", name: "catch_up", label: "Moments that were missed", required: true, options: CATCH_UPS },
      ]}
      initial={shown}
      submit={`Run ${job.name} by the clock`}
      onCancel={close}
      onSubmit={async (values) => {
        const { name, time_zone, catch_up } = values;
        const set = await answerOf(client.POST("/api/v1/schedules", { body: { name: String(name), kind: job.kind, target: job.id, cron: cronOf(values), time_zone: String(time_zone), catch_up: catch_up as "all" } }));
        await askAnew("/api/v1/schedules");
        close();
        go(path`/schedules/${set.id}`);
      }}
    >
      <Preview cron={cronOf(shown)} zone={String(shown.time_zone)} />
    </SchemaForm>
  );
}

function EventForm({ job, close }: { job: Startable; close: () => void }) {
  const go = useGo();
  return (
    <SchemaForm
      fields={[
        { kind: "text", name: "name", label: "Name", required: true },
        { kind: "choice", name: "on", label: "When", required: true, options: [{ value: "data.added", label: "New data is added" }, { value: "alert.raised", label: "An alert is raised" }, { value: "release.changed", label: "A release changes" }, { value: "version.registered", label: "A version is registered" }, { value: "call", label: "Another system calls" }] },
        { kind: "text", name: "subject", label: "Of what", description: "A name, or a pattern such as orders-*. Leave empty for any." },
        { kind: "number", name: "most_an_hour", label: "At most", min: 1, max: 1_000, unit: "an hour" },
      ]}
      initial={{ name: plainName(job.name), on: "data.added", subject: "", most_an_hour: 60 }}
      submit={`Run ${job.name} when it happens`}
      onCancel={close}
      onSubmit={async ({ name, on, subject, most_an_hour }) => {
        const isCall = on === "call";
        const set = await answerOf(
          client.POST("/api/v1/triggers", { body: { name: String(name), kind: job.kind, target: job.id, waits_for: isCall ? "call" : "event", action: isCall ? "" : String(on), subject: isCall ? "" : String(subject ?? ""), most_an_hour: typeof most_an_hour === "number" ? most_an_hour : 60 } }),
        );
        await askAnew("/api/v1/triggers");
        close();
        go(path`/triggers/${set.id}`);
      }}
    />
  );
}

/** The next moments of a timetable while it is typed. */
export function Preview({ cron, zone }: { cron: string; zone: string }) {
  const [says, setSays] = useState("");
  useEffect(() => {
    let isCurrent = true;
    const timer = setTimeout(() => {
      answerOf(client.POST("/api/v1/schedules/preview", { body: { cron, time_zone: zone } })).then(
        ({ next }) => isCurrent && setSays(`Next: ${next.map(exactTime).join(" · ")}`),
        (problem: unknown) => isCurrent && setSays(problemOf(problem).detail),
      );
    }, PAUSE_MS);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [cron, zone]);
  return <p className="small muted">{says}</p>;
}
