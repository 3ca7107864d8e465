/** One monitor: what it watches, what it found over time, and a window with its columns before and after. */
import { Alert, Anchor } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { TriangleAlert } from "lucide-react";
import { useMemo, type ReactNode } from "react";

import { $api, answerOf, client } from "~/api/client";
import { askAnew } from "~/api/queries";
import type { MonitorResultView, MonitorView } from "~/api/schema";
import { Action } from "~/parts/action";
import { Chart, type Line } from "~/parts/chart";
import { Code } from "~/parts/copy";
import { ChoiceFilter } from "~/parts/filters";
import { PageLink, path, useGo } from "~/parts/link";
import { Moment, exactTime } from "~/parts/moment";
import { Card, Facts, Page } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { Person } from "~/parts/subject";
import { DataTable } from "~/parts/table";
import { useView } from "~/parts/view";
import { CHANGED, ChangeMonitor } from "./edit";
import { HAS_COLUMNS, KIND_WORDS, VALUE_WORDS, isOfTime, resultState, stateOf, thresholdWords, unitOf, valueWords, windowWords } from "./words";
import { WindowFound } from "./window";

const MOST = 1_000;
const DRIFTS: MonitorView["kind"][] = ["inputs", "outputs"];
const DAY_MS = 86_400_000;
const RANGES = [
  { value: "7", label: "The last 7 days" },
  { value: "35", label: "The last 5 weeks" },
  { value: "120", label: "The last 4 months" },
  { value: "400", label: "All that is kept" },
];

export function MonitorPage() {
  const { model, name } = useParams({ strict: false }) as { model: string; name: string };
  const [view, setView] = useView({ days: "35", at: "", version: "", column: "" });
  const since = useMemo(() => new Date(Math.floor(Date.now() / DAY_MS) * DAY_MS - Number(view.days) * DAY_MS).toISOString(), [view.days]);
  const one = { name: model, monitor: name };
  const answer = $api.useQuery("get", "/api/v1/models/{name}/monitors/{monitor}", { params: { path: one } });
  const results = $api.useQuery("get", "/api/v1/models/{name}/monitors/{monitor}/results", { params: { path: one, query: { since, limit: MOST } } });
  const monitor = answer.data;
  return (
    <Page title={monitor ? `${KIND_WORDS[monitor.kind]}: ${name}` : name} within={[["Monitors", "/monitors"], [model, `/monitors?model=${encodeURIComponent(model)}`]]} says={monitor && <Says monitor={monitor} />} actions={monitor && <Acts monitor={monitor} />}>
      <Answer of={answer}>
        {(found) => (
          <div className="stack">
            {found.warnings.map((warning) => (
              <Alert key={warning} color="yellow" variant="outline" icon={<TriangleAlert size={16} aria-hidden />}>
                {warning}
              </Alert>
            ))}
            <Answer of={results}>
              {({ results: windows }) => (
                <Found
                  monitor={found}
                  windows={windows}
                  range={<ChoiceFilter label="Time" value={view.days} options={RANGES} onChange={(days) => setView({ days })} />}
                  at={view.at}
                  version={view.version}
                  column={view.column}
                  choose={(at, version) => setView({ at, version, column: "" }, { replace: false })}
                  chooseColumn={(column) => setView({ column })}
                />
              )}
            </Answer>
            <Watches monitor={found} />
          </div>
        )}
      </Answer>
    </Page>
  );
}

function Says({ monitor }: { monitor: MonitorView }) {
  const [state, word] = stateOf(monitor);
  const latest = monitor.latest;
  return (
    <span className="row">
      <StateWord state={state}>{word}</StateWord>
      {latest ? (
        <>
          {valueWords(monitor.kind, latest.value)} of {thresholdWords(monitor)} in the {windowWords(monitor.window)} from <Moment time={latest.since} />
        </>
      ) : (
        "The first window is judged once its records are counted, an hour after they came at most."
      )}
    </span>
  );
}

function Acts({ monitor }: { monitor: MonitorView }) {
  const go = useGo();
  const on = { model: monitor.model, project: monitor.project };
  const params = { params: { path: { name: monitor.model, monitor: monitor.name } } };
  const after = () => askAnew(...CHANGED);
  const pause = (paused: boolean) => answerOf(client.PATCH("/api/v1/models/{name}/monitors/{monitor}", { ...params, body: { paused } })).then(after);
  const run = () => answerOf(client.POST("/api/v1/models/{name}/monitors/run", { params: { path: { name: monitor.model } }, body: { monitor: monitor.name } })).then(after);
  return (
    <>
      <Action label="Judge now" permission="model.deploy" on={on} act={run} />
      {monitor.paused ? <Action label="Resume" permission="model.deploy" on={on} act={() => pause(false)} /> : <Action label="Pause" permission="model.deploy" on={on} before={<>It judges nothing more until it is resumed, and its alert is over.</>} act={() => pause(true)} />}
      <ChangeMonitor monitor={monitor} />
      {monitor.source !== "default" && (
        <Action
          label={monitor.source === "own" ? `Delete ${monitor.name}` : "Make it as usual"}
          color={monitor.source === "own" ? "red" : undefined}
          permission="model.deploy"
          on={on}
          before={monitor.source === "own" ? <>What it found is deleted with it.</> : <>It becomes as it was before somebody changed it. What it found stays.</>}
          act={async () => {
            await answerOf(client.DELETE("/api/v1/models/{name}/monitors/{monitor}", params));
            if (monitor.source === "own") go(`/monitors?model=${encodeURIComponent(monitor.model)}`);
            await after();
          }}
        />
      )}
    </>
  );
}

function Watches({ monitor }: { monitor: MonitorView }) {
  const hasColumns = HAS_COLUMNS.includes(monitor.kind);
  const own = Object.entries(monitor.thresholds).map(([column, threshold]) => `${column} ${threshold}`);
  const facts: [string, ReactNode][] = [
    ["Model", <PageLink key="m" href={path`/models/${monitor.model}`}>{monitor.model}</PageLink>],
    ["Version", monitor.version ?? (monitor.kind === "volume" ? "all together" : "those that are live")],
    ["Window", isOfTime(monitor.window) ? `${monitor.window} (UTC)` : windowWords(monitor.window)],
    ...(hasColumns ? ([["Held against", monitor.reference], ["Slice", monitor.slice || "all rows"], ["Columns", monitor.columns.join(", ") || "all"]] as [string, ReactNode][]) : []),
    ...(monitor.kind === "performance"
      ? ([
          ["Held against", monitor.relative ? (monitor.reference === "baseline" ? "the ninety days before" : monitor.reference) : "the threshold alone"],
          ["Measure", `${monitor.metric || "that of the task"}${monitor.worse ? ` (worse ${monitor.worse} the limit)` : ""}, of ${monitor.slice || "all rows"}`],
          ["Judged by", `${monitor.least_labels} labelled rows or more${monitor.estimated ? "; with fewer, by the estimate of its quality" : ""}`],
        ] as [string, ReactNode][])
      : []),
    ["Threshold", [thresholdWords(monitor), ...own].join(", ")],
    ["Severity", monitor.severity],
    ["Is", monitor.source === "default" ? "as every model has it" : monitor.source === "declared" ? "declared by the version that callers get" : <span key="s">{monitor.source === "own" ? "added" : "changed"} by <Person actor={monitor.changed_by} /> <Moment time={monitor.changed_at} /></span>],
  ];
  return (
    <Card title="What it watches">
      <Facts of={facts} />
      <p className="small muted" style={{ marginBottom: 4 }}>Judge the past too, so that there are charts of it:</p>
      <Code text={`unshelf monitors backfill ${monitor.model} ${monitor.name} --since 28d`} />
    </Card>
  );
}

interface FoundProps {
  monitor: MonitorView;
  windows: MonitorResultView[];
  range: ReactNode;
  at: string;
  version: string;
  column: string;
  choose: (at: string, version: string) => void;
  chooseColumn: (column: string) => void;
}

function Found({ monitor, windows, range, at, version, column, choose, chooseColumn }: FoundProps) {
  const limit = monitor.kind === "performance" && monitor.relative ? null : monitor.threshold;
  const points = useMemo(() => linesOf(windows, limit), [windows, limit]);
  const chosen = windows.find((each) => each.since === at && String(each.version ?? "") === version) ?? windows.find(({ status }) => status === "alarm") ?? windows[0];
  if (windows.length === 0)
    return (
      <Card title="What it found" aside={range}>
        <Empty title="No window was judged in this time">
          <p>Windows are judged as records come. Those of the past are judged on demand, without alerts.</p>
          <Code text={`unshelf monitors backfill ${monitor.model} --since 28d`} />
        </Empty>
      </Card>
    );
  return (
    <>
      <Card title="What it found" aside={range}>
        <Chart title={VALUE_WORDS[monitor.kind]} unit={unitOf(monitor.kind)} at={points.at} lines={points.lines} />
        {DRIFTS.includes(monitor.kind) && <p className="small muted" style={{ margin: "8px 0 0" }}>Differences that may be chance count as 0.</p>}
      </Card>
      {chosen && <WindowFound monitor={monitor} result={chosen} column={column} choose={chooseColumn} />}
      <Card title="Windows">
        <DataTable
          label="Windows"
          noun={["window", "windows"]}
          rows={windows}
          keyOf={({ since, version: number }) => `${since} ${number}`}
          height="420px"
          columns={[
            { name: "since", header: "From", cell: (each) => <Anchor component="button" type="button" inherit aria-current={each === chosen ? "true" : undefined} onClick={() => choose(each.since, String(each.version ?? ""))}>{exactTime(each.since)}</Anchor> },
            { name: "version", header: "Version", cell: ({ version: number }) => number ?? "all" },
            { name: "state", header: "State", cell: (each) => <StateWord state={resultState(each)[0]}>{resultState(each)[1]}</StateWord> },
            { name: "rows", header: "Rows", align: "end", cell: ({ rows }) => rows },
            { name: "value", header: "Value", align: "end", cell: ({ value }) => valueWords(monitor.kind, value) },
            { name: "found", header: "Found", cell: (each) => <span className="cut" title={foundWords(each)}>{foundWords(each)}</span> },
          ]}
        />
      </Card>
    </>
  );
}

function foundWords({ reason, columns }: MonitorResultView): string {
  return reason || columns.filter(({ bad }) => bad).map(({ column, say }) => `${column}: ${say}`).join("; ");
}

/** The values by version and the threshold, null where each window has its own, over the beginnings of windows. Exported for its test. */
export function linesOf(windows: MonitorResultView[], threshold: number | null): { at: number[]; lines: Line[] } {
  const moments = [...new Set(windows.map(({ since }) => Date.parse(since) / 1_000))].sort((one, other) => one - other);
  const versions = [...new Set(windows.map(({ version }) => version))].sort((one, other) => (one ?? 0) - (other ?? 0));
  const valueAt = new Map(windows.map(({ since, version, value }) => [`${Date.parse(since) / 1_000} ${version}`, value]));
  const lines = versions.map((version) => ({ label: version === null ? "All versions" : `Version ${version}`, values: moments.map((moment) => valueAt.get(`${moment} ${version}`) ?? null) }));
  const limits = new Map(windows.map(({ since, status, threshold: own }) => [Date.parse(since) / 1_000, status === "not_judged" ? null : own]));
  return { at: moments, lines: [...lines, { label: "Threshold", values: moments.map((moment) => threshold ?? limits.get(moment) ?? null) }] };
}
