/** What a schedule or a trigger started. */
import type { ReactNode } from "react";

import { PageLink, path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Empty } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { DataTable } from "~/parts/table";

interface Start {
  at: string;
  started: string | null;
  error: string;
}

export function Starts<S extends Start>({ kind, starts, keyOf, cause, causes }: { kind: string; starts: S[]; keyOf: (start: S) => string; cause: (start: S) => ReactNode; causes: string }) {
  if (starts.length === 0) return <Empty title="It has started nothing yet" />;
  return (
    <DataTable
      label="Starts"
      noun={["start", "starts"]}
      rows={starts}
      keyOf={keyOf}
      columns={[
        { name: "cause", header: causes, cell: cause },
        { name: "state", header: "What became of it", cell: ({ error }) => <StateWord state={error ? "failing" : "ok"}>{error ? "refused" : "started"}</StateWord> },
        { name: "job", header: kind === "pipeline" ? "Run" : "Job", cell: ({ started }) => (started ? <PageLink href={kind === "pipeline" ? path`/pipeline-runs/${started}` : path`/jobs/${started}`}>{started.slice(-6)}</PageLink> : "–") },
        { name: "why", header: "Why not", cell: ({ error }) => <span title={error || undefined}>{error || "–"}</span> },
        { name: "at", header: "Done", cell: ({ at }) => <Moment time={at} /> },
      ]}
    />
  );
}
