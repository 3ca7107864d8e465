/** One job: how far it is and why, what it printed, measured and left, and what it was made of. */
import { useParams } from "@tanstack/react-router";

import { $api, answerOf, client } from "~/api/client";
import { askAnew } from "~/api/queries";
import type { JobDetail } from "~/api/schema";
import { Action } from "~/parts/action";
import { Code, Copyable } from "~/parts/copy";
import { bytes, counted, duration, figure } from "~/parts/figures";
import { PageLink, path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Card, Facts, Page, PageTabs, type Tab } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { Person } from "~/parts/subject";
import { DataTable } from "~/parts/table";
import { useView } from "~/parts/view";
import { BeginSweep } from "../sweeps/begin";
import { JobCost } from "../usage/cost";
import { SetSchedule } from "../schedules/set";
import { RunAgain } from "./again";
import { DeployLeft } from "./deployleft";
import { Notebook } from "./notebook";
import { Output, useOutput } from "./output";
import { endWords, isOver, jobState, secondsOf } from "./states";
import { RefusedPlaces } from "./refused";
import { Usage } from "./usage";
import { UsedBy, owner } from "./usedby";

type Run = JobDetail["runs"][number];

const LIVE_MS = 1_000;

export function JobPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const answer = $api.useQuery("get", "/api/v1/jobs/{id}", { params: { path: { id } } }, { refetchInterval: ({ state }) => (state.data && !isOver(state.data.state) ? LIVE_MS : false) });
  const job = answer.data;
  return (
    <Page title={job?.name ?? "Job"} within={[["Jobs", "/jobs"]]} says={job && <Says job={job} />} actions={job && <Acts job={job} />}>
      <Answer of={answer} lines={10}>
        {(found) => <Story job={found} again={() => void answer.refetch()} />}
      </Answer>
    </Page>
  );
}

function Says({ job }: { job: JobDetail }) {
  const [state, word] = jobState(job.state);
  const seconds = secondsOf(job);
  return (
    <span className="row">
      <StateWord state={state}>{word}</StateWord> submitted <Moment time={job.created_at} /> by <Person actor={job.created_by} />
      {seconds !== null && <span>· {isOver(job.state) ? "took" : "runs for"} {duration(seconds)}</span>}
      {job.started_at && <JobCost id={job.id} isLive={!isOver(job.state)} />}
      {owner(job) && <span>· the work of the {owner(job)!.kind} <PageLink href={owner(job)!.page}>{owner(job)!.name}</PageLink>, which is done again from there</span>}
    </span>
  );
}

function Acts({ job }: { job: JobDetail }) {
  const on = { project: job.project };
  const done = () => askAnew("/api/v1/jobs");
  return (
    <>
      {!isOver(job.state) && <Action label="Cancel the job" color="red" permission="jobs.run" on={on} before={<>Its program is asked to end, and is ended ten seconds later. What it left so far is kept.</>} act={() => answerOf(client.POST("/api/v1/jobs/{id}/cancel", { params: { path: { id: job.id } } })).then(done)} />}
      {job.can_be_copied && isOver(job.state) && job.state !== "succeeded" && <Action label="Try again" permission="jobs.run" on={on} act={() => answerOf(client.POST("/api/v1/jobs/{id}/retry", { params: { path: { id: job.id } } })).then(done)} />}
      <DeployLeft job={job} label="Deploy what it left" />
      {job.can_be_copied && (
        <>
          <RunAgain job={job} />
          <BeginSweep job={job} />
          <SetSchedule of={{ kind: "job", ...job }} />
        </>
      )}
    </>
  );
}

function Story({ job, again }: { job: JobDetail; again: () => void }) {
  const [view, setView] = useView({ tab: "output" });
  const output = useOutput(job.id, again);
  const files = job.runs.flatMap((run) => run.files.map((file) => ({ ...file, attempt: run.number })));
  const notebook = files.findLast(({ path: name }) => name.endsWith(".ipynb"));
  const last = job.runs.at(-1);
  const tabs: Tab[] = [
    { name: "output", label: "Output", content: () => <Output {...output} isOver={isOver(job.state)} /> },
    ...(notebook ? [{ name: "notebook", label: "Notebook", content: () => <Notebook job={job.id} name={notebook.path} attempt={notebook.attempt} size={notebook.size} /> }] : []),
    { name: "usage", label: "Usage", content: () => (last && last.series.length > 2 ? <Usage series={last.series} /> : <Empty title="Nothing was measured yet"><p>What a job takes is measured about every second.</p></Empty>) },
    { name: "results", label: "Results", content: () => <Results job={job} /> },
    { name: "files", label: `Files (${files.length})`, content: () => <Files job={job} files={files} /> },
    { name: "attempts", label: `Attempts (${job.runs.length})`, content: () => <Attempts runs={job.runs} /> },
    { name: "about", label: "Made of", content: () => <About job={job} /> },
  ];
  return (
    <div className="stack">
      {job.reason && <p className="prose" style={{ margin: 0 }}>{job.reason}</p>}
      <RefusedPlaces job={job} />
      {job.usage && !isOver(job.state) && (
        <p className="muted" style={{ margin: 0 }}>
          {duration(job.usage.cpu_seconds)} of CPU so far, {bytes(job.usage.memory_bytes)} of memory now
        </p>
      )}
      <PageTabs tabs={tabs} chosen={view.tab} choose={(tab) => setView({ tab })} />
    </div>
  );
}

function Results({ job }: { job: JobDetail }) {
  if (job.results === null) {
    return (
      <Empty title={isOver(job.state) ? "It left no results" : "There are no results yet"}>
        <p>A program that writes a JSON object into results.json in its outputs folder has it kept and shown here; sweeps compare its fields.</p>
      </Empty>
    );
  }
  return <Facts of={Object.entries(job.results).map(([name, value]) => [name, typeof value === "number" ? <span title={String(value)}>{figure(value)}</span> : <span className="mono">{JSON.stringify(value)}</span>])} />;
}

function Files({ job, files }: { job: JobDetail; files: (Run["files"][number] & { attempt: number })[] }) {
  if (files.length === 0) {
    return (
      <Empty title="It left no files">
        <p>What a program writes into its outputs folder, the one that UNSHELF_OUTPUTS names, is kept.</p>
      </Empty>
    );
  }
  return (
    <DataTable
      label="Files"
      noun={["file", "files"]}
      rows={files}
      keyOf={({ attempt, path: name }) => `${attempt}/${name}`}
      columns={[
        { name: "path", header: "File", cell: ({ attempt, path: name }) => <a download href={`/api/v1/jobs/${encodeURIComponent(job.id)}/files?path=${encodeURIComponent(name)}&attempt=${attempt}`}>{name}</a> },
        { name: "size", header: "Size", align: "end", cell: ({ size }) => bytes(size) },
        { name: "attempt", header: "Attempt", align: "end", cell: ({ attempt }) => attempt },
      ]}
    />
  );
}

function Attempts({ runs }: { runs: Run[] }) {
  return (
    <DataTable
      label="Attempts"
      noun={["attempt", "attempts"]}
      rows={runs}
      keyOf={({ number }) => String(number)}
      columns={[
        { name: "number", header: "Attempt", cell: ({ number }) => number },
        { name: "end", header: "How it ended", cell: ({ outcome, status, detail }) => <span title={detail || undefined}>{endWords(outcome, status)}</span> },
        { name: "cpu", header: "CPU", align: "end", cell: ({ cpu_seconds }) => (cpu_seconds === null ? "–" : duration(cpu_seconds)) },
        { name: "memory", header: "Most memory", align: "end", cell: ({ peak_memory_bytes }) => (peak_memory_bytes === null ? "–" : bytes(peak_memory_bytes)) },
        { name: "took", header: "Took", align: "end", cell: (run) => (secondsOf(run) === null ? "–" : duration(secondsOf(run)!)) },
        { name: "at", header: "Began", cell: ({ started_at }) => <Moment time={started_at} /> },
      ]}
    />
  );
}

function About({ job }: { job: JobDetail }) {
  const links = (ids: string[]) => (ids.length ? <span className="row">{ids.map((id) => <PageLink key={id} href={path`/jobs/${id}`}>{id.slice(-6)}</PageLink>)}</span> : "–");
  return (
    <div className="stack">
      <Card title="What runs">
        <Code text={job.command.join(" ")} />
        {Object.keys(job.parameters).length > 0 && <Code text={JSON.stringify(job.parameters, null, 2)} what="Copy the parameters" />}
      </Card>
      <Card title="Where, and with what">
        <Facts
          of={[
            ["Project", <PageLink key="p" href={path`/projects/${job.project}`}>{job.project}</PageLink>],
            ["Tier", job.tier],
            ["Environment", job.environment ? <Copyable text={job.environment} shown={job.environment.slice(0, 12)} /> : "not known yet"],
            ["Data", job.inputs.length ? job.inputs.map(({ reference, rows }) => (rows === null || rows === undefined ? reference : `${reference} (${counted(rows, "row")})`)).join(", ") : "–"],
            ["Makes data", job.outputs.length ? job.outputs.map(({ name, version }) => <span key={name}>{version ? <PageLink href={path`/data/${name}`}>{`data://${name}@${version}`}</PageLink> : `data://${name}, once it has succeeded`} </span>) : "–"],
            ...(job.git ? ([["Repository", <span key="g">{job.git.url} <span className="muted">{job.git.ref || "default branch"}</span></span>], ["Commit", job.git.commit ? <Copyable key="m" text={job.git.commit} shown={job.git.commit.slice(0, 12)} /> : "not fetched yet"], ...(job.git.notes.length ? [["Left out", job.git.notes.join(" ")] as [string, string]] : [])] as [string, React.ReactNode][]) : []),
            ["Network", job.network.access === "full" ? "the server's" : job.network.allow?.join(", ") || "none"],
            ["Secrets", job.secrets.length ? job.secrets.join(", ") : "–"],
            ["Time limit", duration(job.time_limit)],
            ["Code", <Copyable key="c" text={job.code} shown={job.code.slice(0, 12)} />],
            ["Changed copy of", job.parent ? links([job.parent]) : "–"],
            ["Copies of it", links(job.copies)],
            ["Used by", <UsedBy key="u" job={job} />],
            ["Comes after", links(job.after)],
            ["Id", <Copyable key="i" text={job.id} />],
          ]}
        />
      </Card>
    </div>
  );
}
