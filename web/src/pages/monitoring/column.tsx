/** One column: its distribution in a range beside that of its reference, how it went, and the way to its rows. */
import { Drawer, Skeleton, useComputedColorScheme } from "@mantine/core";
import { lazy, Suspense, useMemo } from "react";

import { $api } from "~/api/client";
import type { ColumnBinsView, ColumnStateView, DashboardView } from "~/api/schema";
import { SERIES } from "~/app/theme";
import { figure } from "~/parts/figures";
import { PageLink, path } from "~/parts/link";
import { Facts } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { along, driftWord, rangeWords, rowsSql, share, stepsOf, THRESHOLD } from "./series";

const Chart = lazy(() => import("~/parts/chart").then((found) => ({ default: found.Chart })));
const HEIGHT = 140;

interface Props {
  reference: string;
  of: DashboardView;
  /** As profiles have it; empty: none is chosen. */
  column: string;
  span: string;
  onClose: () => void;
}

export function ColumnDrawer({ reference, of, column, span, onClose }: Props) {
  const state = of.columns.find((each) => each.column === column);
  return (
    <Drawer opened={column !== "" && state !== undefined} onClose={onClose} position="right" size="min(680px, 100%)" title={state ? `${state.name} (${state.side})` : ""} closeButtonProps={{ "aria-label": "Close" }}>
      {state && <Shown reference={reference} of={of} state={state} span={span} />}
    </Drawer>
  );
}

function Shown({ reference, of, state, span }: { reference: string; of: DashboardView; state: ColumnStateView; span: string }) {
  const answer = $api.useQuery("get", "/api/v1/models/{ref}/dashboard/column", { params: { path: { ref: reference }, query: { column: state.column, since: span } } });
  const [word, text] = driftWord(state);
  const sql = new URLSearchParams({ tab: "sql", sql: rowsSql(state.column, of.shown_version, of) });
  return (
    <div className="stack">
      <div className="row">
        <StateWord state={word}>{text}</StateWord>
        {state.drift && (
          <span className="small muted">
            distance {figure(state.drift.distance)}; from {THRESHOLD} on it is large
          </span>
        )}
      </div>
      <Answer of={answer} lines={10}>
        {(bins) => <Bins of={bins} before={state.reference === "baseline" ? "training" : "first requests"} />}
      </Answer>
      <Facts
        of={[
          ["Now", rangeWords(state.now)],
          ...(state.before ? ([[state.reference === "baseline" ? "In training" : "At first", rangeWords(state.before)]] as [string, string][]) : []),
          ["Rows", figure(state.now.rows)],
          ["Gaps", state.now.gaps ? `${figure(state.now.gaps)} (${share(state.now.gaps / state.now.rows)})` : "none"],
          ...(state.drift ? measures(state.drift) : []),
        ]}
      />
      <OverTime of={of} state={state} />
      <PageLink href={`${path`/models/${of.name}/predictions`}?${sql}`}>The rows behind this</PageLink>
    </div>
  );
}

function measures(drift: NonNullable<ColumnStateView["drift"]>): [string, string][] {
  const found: [string, number | null][] = [
    ["Jensen-Shannon, chance included", drift.jensen_shannon],
    ["Population stability", drift.population_stability],
    ["Kolmogorov-Smirnov", drift.kolmogorov_smirnov],
    ["Wasserstein", drift.wasserstein],
  ];
  return found.filter((pair): pair is [string, number] => pair[1] !== null).map(([name, value]) => [name, figure(value)]);
}

/** Two bars a bin: before and now. The widest fills the row. */
function Bins({ of, before }: { of: ColumnBinsView; before: string }) {
  const scheme = useComputedColorScheme("light");
  const [now, earlier] = [SERIES[scheme][0]!, SERIES[scheme][7]!];
  const widest = Math.max(...of.window, ...of.reference, Number.EPSILON);
  const hasBefore = of.reference.length > 0;
  const bar = (value: number, color: string) => <span style={{ display: "block", height: 7, borderRadius: 2, marginBottom: 2, width: `${(value / widest) * 100}%`, minWidth: value > 0 ? 2 : 0, background: color }} />;
  return (
    <figure style={{ margin: 0 }}>
      <figcaption className="row small" style={{ marginBottom: 8 }}>
        <Key color={now}>now</Key>
        {hasBefore && <Key color={earlier}>{before}</Key>}
      </figcaption>
      <table className="bars" aria-label="Share of the rows in each bin">
        <tbody>
          {of.labels.map((label, place) => (
            <tr key={`${label} ${place}`}>
              <th scope="row" title={label}>
                {label || "(empty)"}
              </th>
              <td>
                {bar(of.window[place] ?? 0, now)}
                {hasBefore && bar(of.reference[place] ?? 0, earlier)}
              </td>
              <td className="end" style={{ whiteSpace: "nowrap" }}>{share(of.window[place] ?? 0)}</td>
              {hasBefore && <td className="end muted" style={{ whiteSpace: "nowrap" }}>{share(of.reference[place] ?? 0)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}

function Key({ color, children }: { color: string; children: string }) {
  return (
    <span className="row" style={{ gap: 5 }}>
      <span aria-hidden style={{ width: 10, height: 10, borderRadius: 2, background: color }} />
      {children}
    </span>
  );
}

function OverTime({ of, state }: { of: DashboardView; state: ColumnStateView }) {
  const { at, middle, distances, values } = useMemo(() => {
    const at = stepsOf(of);
    return {
      at,
      middle: [
        { label: "10 %", values: along(at, state.steps, (step) => step.p10, null) },
        { label: "median", values: along(at, state.steps, (step) => step.p50, null) },
        { label: "90 %", values: along(at, state.steps, (step) => step.p90, null) },
      ],
      values: state.now.top.slice(0, 5).map(({ value }) => ({
        label: value || "(empty)",
        values: along(at, state.steps, (step) => (step.top.find((each) => each.value === value)?.count ?? 0) / Math.max(1, step.rows - step.gaps), null),
      })),
      distances: [{ label: "distance", values: along(at, state.steps, (step) => step.distance, null) }],
    };
  }, [of, state]);
  const hasDistances = distances[0]!.values.some((value) => value !== null);
  return (
    <Suspense fallback={<Skeleton height={2 * HEIGHT} />}>
      {state.now.kind === "category" ? (
        <Chart title="Shares over time" at={at} lines={values} height={HEIGHT} />
      ) : (
        state.now.p50 !== null && <Chart title={{ text: "Characters over time", tensor: "Means over time", time: "Unix seconds over time" }[state.now.kind as "text"] ?? "Values over time"} at={at} lines={middle} height={HEIGHT} />
      )}
      {hasDistances && <Chart title="Distance from the reference" at={at} lines={distances} height={HEIGHT} />}
    </Suspense>
  );
}
