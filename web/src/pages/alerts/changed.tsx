/** What changed: releases, deploys and other changes of the model on one axis of time with the problem. */
import { $api } from "~/api/client";
import type { AlertCard } from "~/api/schema";
import { exactTime } from "~/parts/moment";
import { Card } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { Timeline } from "~/parts/timeline";
import { activityOf } from "../models/activity";
import { isChange } from "./states";

const EVENTS = 200;
const BEFORE_MS = 14 * 86_400_000;
const SHOWN = 8;
const WIDTH = 1_000;

export function WhatChanged({ model, card }: { model: string; card: AlertCard }) {
  const answer = $api.useQuery("get", "/api/v1/subjects/{kind}/{name}/activity", { params: { path: { kind: "model", name: model }, query: { limit: EVENTS } } });
  return (
    <Card title="What changed">
      <Answer of={answer} lines={4}>
        {({ events }) => {
          const since = new Date(card.since).getTime();
          const changes = events.filter(({ action, time }) => isChange(action) && new Date(time).getTime() >= since - BEFORE_MS);
          if (changes.length === 0) return <p className="muted" style={{ margin: 0 }}>Nothing of the model was changed in the two weeks before it began: look at what callers send.</p>;
          return (
            <div className="stack">
              <Axis since={since} at={changes.map(({ time, action, name }) => ({ time: new Date(time).getTime(), label: `${action.replaceAll(/[._]/g, " ")} ${name}` }))} />
              <Timeline label="What changed" of={changes.slice(0, SHOWN).map(activityOf)} />
            </div>
          );
        }}
      </Answer>
    </Card>
  );
}

function Axis({ since, at }: { since: number; at: { time: number; label: string }[] }) {
  const now = Date.now();
  const first = Math.min(since, ...at.map(({ time }) => time));
  const span = Math.max(now - first, 60_000);
  const x = (time: number) => 10 + ((WIDTH - 20) * (time - first)) / span;
  const said = `The problem began ${exactTime(new Date(since))}; ${at.length} changes of the model, the last ${exactTime(new Date(at[0]!.time))}.`;
  return (
    <svg viewBox={`0 0 ${WIDTH} 44`} role="img" aria-label={said} style={{ width: "100%", height: 44 }} preserveAspectRatio="none">
      <line x1={10} x2={WIDTH - 10} y1={30} y2={30} stroke="var(--line)" strokeWidth={2} vectorEffect="non-scaling-stroke" />
      <rect x={x(since)} y={12} width={Math.max(x(now) - x(since), 2)} height={18} fill="var(--failing-ground)" />
      <line x1={x(since)} x2={x(since)} y1={6} y2={36} stroke="var(--failing)" strokeWidth={2} vectorEffect="non-scaling-stroke">
        <title>{`The problem began ${exactTime(new Date(since))}`}</title>
      </line>
      {at.map(({ time, label }, place) => (
        <line key={`${time} ${place}`} x1={x(time)} x2={x(time)} y1={16} y2={42} stroke="var(--mantine-color-anchor)" strokeWidth={2} vectorEffect="non-scaling-stroke">
          <title>{`${label}, ${exactTime(new Date(time))}`}</title>
        </line>
      ))}
    </svg>
  );
}
