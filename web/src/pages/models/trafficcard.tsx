/** What callers asked of a model, and how it answered: over the last hour, day, week or four weeks. */
import { SegmentedControl, Skeleton } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo } from "react";

import { $api } from "~/api/client";
import { useMay } from "~/api/permissions";
import { counted } from "~/parts/figures";
import { path, PageLink } from "~/parts/link";
import { Card } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { useView } from "~/parts/view";
import { askSql } from "../predictions/asking";
import { TRAFFIC_SPANS, trafficOf, trafficSql, type Span } from "./traffic";

const Chart = lazy(() => import("~/parts/chart").then((found) => ({ default: found.Chart })));
const EVERY_MS = 30_000;
const HEIGHT = 150;
const RELEASES = 20;

export function TrafficCard({ model, project }: { model: string; project: string }) {
  const may = useMay();
  const [view, setView] = useView({ span: "1d" });
  const span = TRAFFIC_SPANS.find(({ value }) => value === view.span) ?? TRAFFIC_SPANS[1]!;
  const mayRead = may("records.read", { model, project });
  const answer = useQuery({
    queryKey: ["traffic", model, span.value],
    queryFn: async ({ signal }) => trafficOf(await askSql(trafficSql(span), model, signal), span, Date.now() / 1_000),
    placeholderData: keepPreviousData,
    refetchInterval: EVERY_MS,
    enabled: mayRead,
  });
  if (!mayRead) return null;
  return (
    <Card
      title="Traffic"
      aside={<SegmentedControl size="xs" aria-label="Over" data={TRAFFIC_SPANS.map(({ value, label }) => ({ value, label: label.replace("Last ", "") }))} value={span.value} onChange={(next) => setView({ span: next })} />}
    >
      <Answer of={answer} lines={12}>
        {(traffic) => (traffic.requests === 0 ? <Quiet model={model} span={span} /> : <Drawn model={model} traffic={traffic} span={span} />)}
      </Answer>
    </Card>
  );
}

function Quiet({ model, span }: { model: string; span: Span }) {
  return (
    <p className="muted" style={{ margin: 0 }}>
      Nobody called it in the {span.label.toLowerCase()}. <PageLink href={`${path`/models/${model}`}?tab=call`}>How to call it</PageLink>
    </p>
  );
}

function Drawn({ model, traffic, span }: { model: string; traffic: ReturnType<typeof trafficOf>; span: Span }) {
  const marks = useReleases(model, traffic.at);
  const charts = useMemo(() => {
    const hasAny = (values: number[]) => values.some((value) => value > 0);
    const requests = [
      { label: "answered", values: traffic.answered },
      ...(hasAny(traffic.refused) ? [{ label: "refused", values: traffic.refused }] : []),
      ...(hasAny(traffic.failed) ? [{ label: "failed", values: traffic.failed }] : []),
    ];
    return { requests, latency: [{ label: "median", values: traffic.p50 }, { label: "99 %", values: traffic.p99 }] };
  }, [traffic]);
  const sum = (values: number[]) => values.reduce((whole, each) => whole + each, 0);
  const [refused, failed] = [sum(traffic.refused), sum(traffic.failed)];
  return (
    <div className="stack">
      <p style={{ margin: 0 }}>
        {counted(traffic.requests, "request")}
        {refused > 0 && `, ${refused} refused`}
        {failed > 0 && `, ${failed} failed`}.
      </p>
      <Suspense fallback={<Skeleton height={2 * HEIGHT + 100} />}>
        <Chart title={`Requests in ${span.step}`} at={traffic.at} lines={charts.requests} marks={marks} height={HEIGHT} />
        <Chart title="Latency" unit="ms" at={traffic.at} lines={charts.latency} marks={marks} height={HEIGHT} />
      </Suspense>
    </div>
  );
}

/** The moments at which its release changed, as lines in the charts. */
function useReleases(model: string, at: number[]) {
  const activity = $api.useQuery("get", "/api/v1/subjects/{kind}/{name}/activity", { params: { path: { kind: "model", name: model }, query: { limit: RELEASES } } });
  return useMemo(() => {
    const first = at[0] ?? 0;
    const changes = (activity.data?.events ?? []).filter(({ action }) => action === "release.changed");
    return changes.map(({ time }) => ({ at: new Date(time).getTime() / 1_000, label: "release" })).filter((mark) => mark.at >= first);
  }, [activity.data, at]);
}
