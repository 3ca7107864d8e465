/** One bench: what was measured on each tier, live while it goes on. */
import { useParams } from "@tanstack/react-router";

import { $api, answerOf, client } from "~/api/client";
import { askAnew } from "~/api/queries";
import type { BenchView } from "~/api/schema";
import { Action } from "~/parts/action";
import { path, useGo } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Page } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { Person } from "~/parts/subject";
import { BeginBench } from "./begin";
import { Measured } from "./measured";
import { benchState, bestWords, isOver } from "./words";

const LIVE_MS = 1_000;

export function BenchPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const answer = $api.useQuery("get", "/api/v1/benches/{id}", { params: { path: { id } } }, { refetchInterval: ({ state }) => (state.data && !isOver(state.data.state) ? LIVE_MS : false) });
  const bench = answer.data;
  const reference = bench && `${bench.model}:${bench.version}`;
  return (
    <Page
      title={reference ? `Bench of ${reference}` : "Bench"}
      within={bench && reference ? [["Benches", "/benches"], [reference, `${path`/models/${reference}`}?tab=bench`]] : [["Benches", "/benches"]]}
      says={bench && <Says bench={bench} />}
      actions={bench && <Acts bench={bench} />}
    >
      <Answer of={answer} lines={10}>
        {(found) => (
          <div className="stack">
            {found.reason && <p className="prose" style={{ margin: 0 }}>{found.reason}</p>}
            <Measured bench={found} />
          </div>
        )}
      </Answer>
    </Page>
  );
}

function Says({ bench }: { bench: BenchView }) {
  const [state, word] = benchState(bench.state);
  return (
    <span className="row">
      <StateWord state={state}>{word}</StateWord> {bestWords(bench)}, begun <Moment time={bench.created_at} /> by <Person actor={bench.created_by} />
    </span>
  );
}

function Acts({ bench }: { bench: BenchView }) {
  const go = useGo();
  const on = { project: bench.project };
  const params = { path: { id: bench.id } };
  if (!isOver(bench.state)) {
    return <Action label="Cancel the bench" color="red" permission="jobs.run" on={on} before={<>The tier that is measured is given up; those that were measured stay.</>} act={() => answerOf(client.POST("/api/v1/benches/{id}/cancel", { params })).then(() => askAnew("/api/v1/benches"))} />;
  }
  return (
    <>
      <BeginBench model={`${bench.model}:${bench.version}`} project={bench.project} label="Measure again" />
      <Action
        label="Delete the bench"
        color="red"
        permission="jobs.run"
        on={on}
        before={<>Its measurements go with it.</>}
        act={async () => {
          await answerOf(client.DELETE("/api/v1/benches/{id}", { params }));
          await askAnew("/api/v1/benches");
          go("/benches");
        }}
      />
    </>
  );
}
