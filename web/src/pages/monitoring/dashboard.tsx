/** What a model did in a range of time: in words, its traffic, its columns and their drift, and what changed. */
import { SegmentedControl, Skeleton } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { lazy, Suspense, useMemo } from "react";

import { $api } from "~/api/client";
import { useMay } from "~/api/permissions";
import type { DashboardView, ModelDetail } from "~/api/schema";
import { counted, figure } from "~/parts/figures";
import { ChoiceFilter, FilterBar } from "~/parts/filters";
import { PageLink, path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Card } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { personName } from "~/parts/subject";
import { Timeline, type Happening } from "~/parts/timeline";
import { useView } from "~/parts/view";
import { runsElsewhere } from "../models/states";
import { ColumnDrawer } from "./column";
import { ColumnTable } from "./columns";
import { RolesCard } from "./roles";
import { along, seconds, share, SPANS, stepsOf } from "./series";

const Chart = lazy(() => import("~/parts/chart").then((found) => ({ default: found.Chart })));
const EVERY_MS = 60_000;
const HEIGHT = 150;
const MARKED = ["release.changed", "release.rolled_back"];
const STATE_WORDS = { ok: "as it should be", attention: "its data changed", failing: "failing", unknown: "nothing to say yet" };

export function MonitoringTab({ model }: { model: ModelDetail }) {
  const [view, setView] = useView({ span: "7d", version: "", column: "", window: "" });
  const span = SPANS.some(({ value }) => value === view.span) ? view.span : "7d";
  const reference = view.version ? `${model.name}:${view.version}` : model.name;
  const may = useMay();
  const answer = $api.useQuery(
    "get",
    "/api/v1/models/{ref}/dashboard",
    { params: { path: { ref: reference }, query: { since: span, ...(Number(view.window) >= 100 && { window: Number(view.window) }) } } },
    { placeholderData: keepPreviousData, refetchInterval: EVERY_MS },
  );
  return (
    <div className="stack">
      <FilterBar>
        <SegmentedControl size="xs" aria-label="Over" data={SPANS} value={span} onChange={(next) => setView({ span: next })} />
        {model.versions.length > 1 && (
          <ChoiceFilter label="Version" value={view.version} all="All versions" options={model.versions.map(({ version }) => ({ value: String(version), label: `Version ${version}` }))} onChange={(version) => setView({ version })} />
        )}
        {((answer.data?.window_sizes.length ?? 0) > 0 || view.window) && (
          <ChoiceFilter label="Windows" value={view.window} all="Windows of time" options={[...new Set([...(answer.data?.window_sizes ?? []).map(String), ...(view.window ? [view.window] : [])])].map((size) => ({ value: size, label: `${figure(Number(size))} predictions` }))} onChange={(window) => setView({ window })} />
        )}
        <PageLink href={`/monitors?model=${encodeURIComponent(model.name)}`}>Its monitors</PageLink>
        {may("records.read", { model: model.name, project: model.project }) && <PageLink href={`${path`/models/${reference}/diagnosis`}?span=${span}`}>Why it changed</PageLink>}
      </FilterBar>
      <Answer of={answer} lines={16}>
        {(found) => (
          <>
            <Words of={found} />
            {found.latest === null ? <NotAsked model={model} /> : <Traffic of={found} project={model.project} />}
            {found.columns.length > 0 && <ColumnTable of={found} choose={(column) => setView({ column }, { replace: false })} />}
            <div className="columns">
              <RolesCard reference={`${model.name}:${found.shown_version ?? model.version.version}`} place={{ model: model.name, project: model.project }} />
              <Changes of={found} />
            </div>
            <ColumnDrawer reference={reference} of={found} column={view.column} span={span} onClose={() => setView({ column: "" })} />
          </>
        )}
      </Answer>
    </div>
  );
}

function Words({ of }: { of: DashboardView }) {
  const [first, ...others] = of.words;
  return (
    <section className="card" aria-label="In words">
      <div className="row" style={{ marginBottom: 8 }}>
        <StateWord state={of.state}>{STATE_WORDS[of.state]}</StateWord>
        <span className="small muted">
          {of.version === null ? "All versions together" : `Version ${of.version}`}
          {of.columns.length > 0 && of.version === null && `; columns of version ${of.shown_version}`}
        </span>
      </div>
      <p style={{ margin: 0, fontSize: 16, fontWeight: 600 }}>{first}</p>
      {others.map((sentence) => (
        <p key={sentence} className="prose" style={{ margin: "4px 0 0" }}>
          {sentence}
        </p>
      ))}
      {!of.reads_records && (
        <p className="small muted" style={{ margin: "8px 0 0" }}>
          What was asked and answered is shown to those who may read the model's records.
        </p>
      )}
    </section>
  );
}

function NotAsked({ model }: { model: ModelDetail }) {
  const isElsewhere = runsElsewhere({ version: model.version });
  return (
    <Empty title="No request yet">
      <p>From the first one on its traffic, its inputs and its answers are shown here. Nothing has to be switched on.</p>
      <PageLink href={`${path`/models/${model.name}`}?tab=${isElsewhere ? "records" : "call"}`}>{isElsewhere ? "How its records are sent" : "How to call it"}</PageLink>
    </Empty>
  );
}

function Traffic({ of, project }: { of: DashboardView; project: string }) {
  const may = useMay();
  const { at, requests, latency, marks } = useMemo(() => {
    const at = stepsOf(of);
    const answered = along(at, of.steps, (step) => step.requests - step.failed, 0);
    const refused = along(at, of.steps, (step) => step.refused, 0);
    const failed = along(at, of.steps, (step) => step.failed - step.refused, 0);
    return {
      at,
      requests: [{ label: "answered", values: answered }, ...(refused.some(Boolean) ? [{ label: "refused", values: refused }] : []), ...(failed.some(Boolean) ? [{ label: "failed", values: failed }] : [])],
      latency: [
        { label: "median", values: along(at, of.steps, (step) => step.latency?.p50, null) },
        { label: "99 %", values: along(at, of.steps, (step) => step.latency?.p99, null) },
      ],
      marks: of.moments.filter(({ action }) => MARKED.includes(action)).map(({ time, say }) => ({ at: seconds(time), label: say })),
    };
  }, [of]);
  const step = of.window ? `a window of ${figure(of.window)} of version ${of.shown_version}` : of.step_hours === 1 ? "an hour" : "a day (UTC)";
  const codes = Object.entries(of.traffic.errors).sort(([, one], [, two]) => two - one);
  return (
    <Card title="Traffic" aside={of.latest && <span className="small muted">Last request in the hour from <Moment time={of.latest} /></span>}>
      <div className="columns">
        <Suspense fallback={<Skeleton height={HEIGHT + 60} />}>
          <Chart title={`Requests ${step}`} at={at} lines={requests} marks={marks} height={HEIGHT} />
          {latency.some(({ values }) => values.some((value) => value !== null && value > 0)) ? <Chart title="Latency" unit="ms" at={at} lines={latency} marks={marks} height={HEIGHT} /> : <p className="muted">No latency is known: records that are sent may have <code>latency_ms</code>.</p>}
        </Suspense>
      </div>
      {codes.length > 0 && (
        <p className="small" style={{ margin: "12px 0 0" }}>
          Not answered: {codes.map(([code, count]) => `${code} ${figure(count)} (${share(count / of.traffic.requests)})`).join(", ")}.{" "}
          {may("records.read", { model: of.name, project }) && <PageLink href={`${path`/models/${of.name}/predictions`}?status=error`}>Which ones</PageLink>}
        </p>
      )}
      {of.versions.length > 1 && (
        <p className="small muted" style={{ margin: "4px 0 0" }}>
          {of.versions.map(({ version, requests: count }) => `${version ? `Version ${version}` : "Before a version was chosen"}: ${counted(count, "request")}`).join("; ")}.
        </p>
      )}
    </Card>
  );
}

function Changes({ of }: { of: DashboardView }) {
  const happened: Happening[] = of.moments.toReversed().map(({ time, say, by, action }, place) => ({ id: `${time} ${place}`, time, what: say, by: personName(by), state: action === "alert.raised" || action === "deploy.failed" ? "attention" : undefined }));
  return (
    <Card title="What changed">
      {happened.length === 0 ? (
        <p className="muted" style={{ margin: 0 }}>
          Nothing in this time: no release, deploy or alert.
        </p>
      ) : (
        <Timeline of={happened} label="What changed" />
      )}
    </Card>
  );
}
