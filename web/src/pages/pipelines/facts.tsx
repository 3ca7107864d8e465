/** What a step came to: its job and results, the version that it made, figures side by side, the request that it waits for. */
import type { RunStepView } from "~/api/schema";
import { PageLink, path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Card, Facts } from "~/parts/page";
import { StateWord } from "~/parts/state";
import { Compared, comparisonOf, shown } from "./compared";
import { stepDoes, stepState } from "./states";

export function StepCard({ step }: { step: RunStepView }) {
  const [state, word] = stepState(step);
  const facts = step.facts as { version?: string; request?: string; results?: Record<string, unknown>; comparison?: unknown; deploy?: string };
  const comparison = comparisonOf(facts.comparison);
  const lines: [string, React.ReactNode][] = [
    ["State", <StateWord key="s" state={state}>{word}</StateWord>],
    ["Does", <span key="d" className="mono">{stepDoes(step)}</span>],
  ];
  if (step.needs.length) lines.push(["Needs", step.needs.join(", ")]);
  if (step.reason) lines.push([step.state === "failed" ? "Why" : "Outcome", <span key="r" style={{ whiteSpace: "pre-wrap" }}>{step.reason}</span>]);
  if (step.job) lines.push(["Job", <PageLink key="j" href={path`/jobs/${step.job}`}>See what it printed, took and left</PageLink>]);
  if (step.cached_from) lines.push(["Taken from", <PageLink key="c" href={path`/pipeline-runs/${step.cached_from}`}>an earlier run with the same code, inputs and parameters</PageLink>]);
  if (facts.version) lines.push(["Version", <PageLink key="v" href={path`/models/${facts.version}`}>{facts.version}</PageLink>]);
  if (facts.deploy && !facts.version) lines.push(["Deploy", <PageLink key="p" href={path`/deploys/${facts.deploy}`}>How far it is</PageLink>]);
  if (facts.request) lines.push(["Request", <PageLink key="q" href={path`/requests/${facts.request}`}>{step.state === "running" ? "Approve or refuse it" : "Who decided, and why"}</PageLink>]);
  lines.push(["Begun", <Moment key="b" time={step.started_at} none="not yet" />], ["Ended", <Moment key="e" time={step.ended_at} none="not yet" />]);
  for (const [name, value] of Object.entries(facts.results ?? {})) lines.push([name, <span key={name} className="mono">{shown(value)}</span>]);
  return (
    <Card title={step.name}>
      <Facts of={lines} />
      {comparison && <Compared of={comparison} />}
    </Card>
  );
}
