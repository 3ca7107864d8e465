/** One scoring: how far it is, what came of it, the rows that failed, and its results to download. */
import { Progress } from "@mantine/core";
import { useParams } from "@tanstack/react-router";

import { $api, answerOf, client } from "~/api/client";
import { askAnew } from "~/api/queries";
import type { ScoringView } from "~/api/schema";
import { Action } from "~/parts/action";
import { bytes, figure } from "~/parts/figures";
import { PageLink, path, useGo } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Card, Facts, Page, PageTabs, type Tab } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { Person } from "~/parts/subject";
import { DataTable, type Column } from "~/parts/table";
import { useView } from "~/parts/view";
import { isOver, paceWords, rowsWords, scoringState } from "./states";

type Failed = ScoringView["failures"][number];

const LIVE_MS = 1_000;

const FAILED: Column<Failed>[] = [
  { name: "row", header: "Row", align: "end", cell: ({ row }) => figure(row) },
  { name: "column", header: "Column", cell: ({ column }) => column ?? "–" },
  { name: "expected", header: "Expected", cell: ({ expected }) => expected ?? "–" },
  { name: "got", header: "Got", cell: ({ got }) => got ?? "–" },
  { name: "detail", header: "Why", cell: ({ detail }) => detail },
];

export function ScoringPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const answer = $api.useQuery("get", "/api/v1/scorings/{id}", { params: { path: { id } } }, { refetchInterval: ({ state }) => (state.data && !isOver(state.data.state) ? LIVE_MS : false) });
  const scoring = answer.data;
  return (
    <Page title={scoring ? `${scoring.name} on ${scoring.source}` : "Scoring"} within={[["Scorings", "/scorings"]]} says={scoring && <Says scoring={scoring} />} actions={scoring && <Acts scoring={scoring} />}>
      <Answer of={answer} lines={10}>
        {(found) => <Story scoring={found} />}
      </Answer>
    </Page>
  );
}

function Says({ scoring }: { scoring: ScoringView }) {
  const [state, word] = scoringState(scoring);
  return (
    <span className="row">
      <StateWord state={state}>{word}</StateWord> {rowsWords(scoring)}, begun <Moment time={scoring.created_at} /> by <Person actor={scoring.created_by} />
    </span>
  );
}

function Acts({ scoring }: { scoring: ScoringView }) {
  const go = useGo();
  const on = { project: scoring.project };
  const params = { path: { id: scoring.id } };
  if (!isOver(scoring.state)) {
    return <Action label="Cancel the scoring" color="red" permission="jobs.run" on={on} before={<>Its job is ended, and nothing is written.</>} act={() => answerOf(client.POST("/api/v1/scorings/{id}/cancel", { params })).then(() => askAnew("/api/v1/scorings"))} />;
  }
  return (
    <Action
      label="Delete the scoring"
      color="red"
      permission="jobs.run"
      on={on}
      before={<>The results that are kept here go with it; what was written elsewhere stays.</>}
      act={async () => {
        await answerOf(client.DELETE("/api/v1/scorings/{id}", { params }));
        await askAnew("/api/v1/scorings");
        go("/scorings");
      }}
    />
  );
}

function Story({ scoring }: { scoring: ScoringView }) {
  const [view, setView] = useView({ tab: "results" });
  const lost = scoring.failed ?? 0;
  const tabs: Tab[] = [
    { name: "results", label: "Results", content: () => <Results scoring={scoring} /> },
    { name: "failed", label: `Rows that failed (${figure(lost)})`, content: () => <FailedRows scoring={scoring} /> },
    { name: "about", label: "Made of", content: () => <About scoring={scoring} /> },
  ];
  return (
    <div className="stack">
      {scoring.reason && <p className="prose" style={{ margin: 0 }}>{scoring.reason}</p>}
      {!isOver(scoring.state) && <HowFar scoring={scoring} />}
      <PageTabs tabs={tabs} chosen={view.tab} choose={(tab) => setView({ tab })} />
    </div>
  );
}

function HowFar({ scoring }: { scoring: ScoringView }) {
  const share = scoring.progress && scoring.rows ? (100 * scoring.progress.scored) / scoring.rows : 0;
  return (
    <Card title={rowsWords(scoring)}>
      <Progress value={share} aria-label="Rows that have an answer" />
      <p className="muted" style={{ marginBottom: 0 }}>
        {paceWords(scoring) || (scoring.state === "scoring" ? "Its job waits for a place, or loads the model." : "This takes a moment.")}
      </p>
    </Card>
  );
}

function Results({ scoring }: { scoring: ScoringView }) {
  if (scoring.files.length === 0) return <Empty title={isOver(scoring.state) ? "There are no results" : "The results are not there yet"} />;
  const columns: Column<unknown[]>[] = scoring.columns.map((name, place) => ({ name: `c-${place}`, header: name, cell: (row) => shown(row[place]) }));
  return (
    <div className="stack">
      <div className="row">
        {scoring.files.map((file) => (
          <a key={file.path} className="button-link" download href={`${path`/api/v1/scorings/${scoring.id}/files`}?path=${encodeURIComponent(file.path)}`}>
            {file.path} ({bytes(file.size)})
          </a>
        ))}
      </div>
      {scoring.written && <p style={{ margin: 0 }}>Written to <PageLink href={path`/data/${nameOf(scoring.written)}`}>{scoring.written}</PageLink>.</p>}
      {scoring.preview.length > 0 && <DataTable label="The first rows" noun={["row", "rows"]} rows={scoring.preview} columns={columns} keyOf={(row) => String(scoring.preview.indexOf(row))} />}
    </div>
  );
}

function FailedRows({ scoring }: { scoring: ScoringView }) {
  if (scoring.failures.length === 0) return <Empty title={isOver(scoring.state) ? "No row failed" : "This is known when it has ended"} />;
  const more = (scoring.failed ?? 0) - scoring.failures.length;
  return (
    <div className="stack">
      <DataTable label="Rows that failed" noun={["row", "rows"]} rows={scoring.failures} columns={FAILED} keyOf={({ row }) => String(row)} />
      {more > 0 && <p className="muted">And {figure(more)} more, which are in the file of failed rows.</p>}
    </div>
  );
}

function About({ scoring }: { scoring: ScoringView }) {
  return (
    <Card title="What was asked for">
      <Facts
        of={[
          ["Version", <PageLink key="v" href={path`/models/${`${scoring.model}:${scoring.version}`}`}>{`${scoring.model}:${scoring.version}`}</PageLink>],
          ["Asked for as", scoring.reference],
          ["Data", <span key="d" className="mono">{scoring.source}</span>],
          ["Results", <span key="o" className="mono">{scoring.out || "kept here"}</span>],
          ["Columns of the data in them", scoring.keep === null ? "all" : scoring.keep.join(", ") || "none"],
          ["Columns that the version does not take", scoring.unused.join(", ") || "none"],
          ["Project", <PageLink key="p" href={path`/projects/${scoring.project}`}>{scoring.project}</PageLink>],
          ["Hardware", scoring.tier],
          ["Rows a chunk", scoring.chunk === null ? "as the data asks for" : figure(scoring.chunk)],
          ["Rows a prediction", figure(scoring.batch)],
          ["Rows that may fail", figure(scoring.most_failed)],
          ["Job", scoring.job ? <PageLink key="j" href={path`/jobs/${scoring.job}`}>{scoring.job.slice(-6)}</PageLink> : "none yet"],
        ]}
      />
    </Card>
  );
}

function nameOf(reference: string): string {
  return reference.replace(/^data:\/\//, "").replace(/[@/].*$/, "");
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
