/** The event log: searched by the server, page by page, and verified. */
import { Button, Drawer } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { Copyable } from "~/parts/copy";
import { Diff } from "~/parts/diff";
import { figure } from "~/parts/figures";
import { FilterBar, TextFilter } from "~/parts/filters";
import { Moment, exactTime } from "~/parts/moment";
import { Facts, Page } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { Person, SubjectLink } from "~/parts/subject";
import { DataTable } from "~/parts/table";
import { useView } from "~/parts/view";

const PAGE = 200;

export function AuditPage() {
  const [view, setView] = useView({ actor: "", action: "", subject: "", project: "", event: "" });
  const query = { actor: view.actor || undefined, action: view.action || undefined, subject: view.subject || undefined, project: view.project || undefined, limit: PAGE };
  const answer = useInfiniteQuery({
    queryKey: ["get", "/api/v1/audit", query],
    queryFn: ({ pageParam }) => answerOf(client.GET("/api/v1/audit", { params: { query: { ...query, cursor: pageParam || undefined } } })),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
  const rows = answer.data?.pages.flatMap(({ events }) => events) ?? [];
  const chosen = rows.find(({ id }) => id === view.event);
  return (
    <Page title="Audit" says={<Chain />}>
      <FilterBar>
        <TextFilter label="Who" value={view.actor} onChange={(actor) => setView({ actor })} />
        <TextFilter label="Action, such as key.created" value={view.action} onChange={(action) => setView({ action })} />
        <TextFilter label="Subject" value={view.subject} onChange={(subject) => setView({ subject })} />
        <TextFilter label="Project" value={view.project} onChange={(project) => setView({ project })} />
      </FilterBar>
      <Answer of={answer}>
        {() =>
          rows.length === 0 ? (
            <Empty title="No event is like this" />
          ) : (
            <DataTable
              label="Events"
              noun={["event", "events"]}
              rows={rows}
              keyOf={({ id }) => id}
              hasMore={answer.hasNextPage}
              isLoadingMore={answer.isFetchingNextPage}
              more={() => void answer.fetchNextPage()}
              columns={[
                { name: "action", header: "Action", cell: ({ action, id }) => <Button variant="transparent" size="compact-sm" px={0} onClick={() => setView({ event: id }, { replace: false })}>{action}</Button> },
                { name: "time", header: "When", cell: ({ time }) => <Moment time={time} /> },
                { name: "actor", header: "Who", cell: ({ actor }) => <Person actor={actor} /> },
                { name: "subject", header: "Subject", cell: ({ subject_kind, subject }) => <SubjectLink kind={subject_kind} name={subject} /> },
                { name: "project", header: "Project", cell: ({ project }) => project ?? "–" },
                { name: "reason", header: "Why", cell: ({ reason }) => reason || "–" },
                { name: "sequence", header: "Sequence", align: "end", cell: ({ sequence }) => sequence ?? "–" },
              ]}
            />
          )
        }
      </Answer>
      <Drawer opened={chosen !== undefined} onClose={() => setView({ event: "" })} title={chosen?.action} position="right" size="lg" closeButtonProps={{ "aria-label": "Close" }}>
        {chosen && (
          <div className="stack">
            <Facts
              of={[
                ["When", exactTime(chosen.time)],
                ["Who", chosen.actor],
                ["Subject", `${chosen.subject_kind} ${chosen.subject}`],
                ["Why", chosen.reason || "–"],
                ["Sequence", chosen.sequence ?? "not yet"],
                ["Hash", chosen.hash ? <Copyable key="hash" text={chosen.hash} shown={chosen.hash.slice(0, 24)} /> : "not yet"],
                ["Id", <Copyable key="id" text={chosen.id} />],
              ]}
            />
            <Diff label="Before and after" before={chosen.before ? JSON.stringify(chosen.before, null, 2) : ""} after={JSON.stringify(chosen.after ?? chosen.detail, null, 2)} />
          </div>
        )}
      </Drawer>
    </Page>
  );
}

function Chain() {
  const [asked, setAsked] = useState(false);
  const answer = $api.useQuery("get", "/api/v1/audit/chain", { params: { query: { files: false } } }, { enabled: asked, staleTime: 0 });
  if (!asked) {
    return (
      <Button size="compact-sm" variant="default" onClick={() => setAsked(true)}>
        Verify the log
      </Button>
    );
  }
  return (
    <Answer of={answer} lines={1}>
      {({ faults, closed_to }) =>
        faults.length === 0 ? (
          <StateWord state="ok">{`${figure(closed_to)} events are as they were written`}</StateWord>
        ) : (
          <div>
            <StateWord state="failing">{`${faults.length} faults`}</StateWord>
            {faults.map(({ detail, advice }) => (
              <div key={detail}>
                {detail} {advice}
              </div>
            ))}
          </div>
        )
      }
    </Answer>
  );
}
