/** The list of predictions: filtered over any time by the server, in pages; live while one looks. */
import { Switch, TextInput } from "@mantine/core";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useLocation } from "@tanstack/react-router";
import { useMemo } from "react";

import { ChoiceFilter, FilterBar, TextFilter } from "~/parts/filters";
import { figure } from "~/parts/figures";
import { Moment } from "~/parts/moment";
import { Answer, Empty, Fault } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { Person } from "~/parts/subject";
import { DataTable, type Column } from "~/parts/table";
import { useView } from "~/parts/view";
import { askSql, listed, listSql, PAGE_ROWS, SPANS, useKeyNames, useLines, type Listed } from "./asking";
import { Story } from "./story";
import { stateOfStatus } from "./states";

const VIEW = { status: "", purpose: "", version: "", caller: "", since: "1d", from: "", to: "", live: false, one: "", of: "" };
const PURPOSES = ["live", "batch", "try", "check", "shadow", "backtest", "replay"];
const EVERY_MS = 5_000;

export function List({ model }: { model: string }) {
  const [view, setView] = useView(VIEW);
  const { pathname, searchStr } = useLocation();
  const { status, purpose, version, caller, since, from, to } = view;
  const filters = { status, purpose, version, caller, since, from, to };
  const streams = view.live && model !== "";
  const keys = useKeyNames();
  const answer = useInfiniteQuery({
    queryKey: ["predictions", model, filters, caller ? keys.size : 0],
    queryFn: async ({ pageParam, signal }) => listed(await askSql(listSql(filters, pageParam, keys), model || null, signal)),
    initialPageParam: "",
    getNextPageParam: (last: Listed[]) => (last.length === PAGE_ROWS ? last.at(-1)!.id : undefined),
    placeholderData: keepPreviousData,
    refetchInterval: view.live && !streams ? EVERY_MS : false,
    enabled: !streams,
  });
  const tail = useLines<Listed>(streams ? `/api/v1/models/${encodeURIComponent(model)}/predictions?follow=true&tail=${PAGE_ROWS}${["error", "4xx", "5xx"].includes(status) ? `&status=${status}` : ""}` : "");
  const live = useMemo(() => tail.lines.filter((each) => (!purpose || each.purpose === purpose) && (!version || String(each.version) === version) && each.caller.toLowerCase().includes(caller.toLowerCase()) && (status !== "ok" || each.status < 400)), [tail.lines, purpose, version, caller, status]);
  const rows = useMemo(() => (streams ? live : (answer.data?.pages.flat() ?? []).map((each) => ({ ...each, caller: keys.get(each.caller) ?? each.caller }))), [streams, live, answer.data, keys]);
  const hrefOf = ({ id, model: of }: Listed) => {
    const search = new URLSearchParams(searchStr);
    search.set("one", id);
    search.set("of", of);
    return `${pathname}?${search}`;
  };

  return (
    <div className="stack">
      <FilterBar>
        <ChoiceFilter label="Outcome" all="Any outcome" value={status} options={[{ value: "ok", label: "answered" }, { value: "error", label: "refused or failed" }, { value: "4xx", label: "refused (4xx)" }, { value: "5xx", label: "failed (5xx)" }]} onChange={(next) => setView({ status: next })} />
        <ChoiceFilter label="Time" value={since} options={[...SPANS, { value: "all", label: "All that is kept" }, { value: "between", label: "Between …" }]} onChange={(next) => setView({ since: next })} />
        {since === "between" && (
          <>
            <TextInput aria-label="From" type="datetime-local" value={from} onChange={(event) => setView({ from: event.currentTarget.value })} />
            <TextInput aria-label="To" type="datetime-local" value={to} onChange={(event) => setView({ to: event.currentTarget.value })} />
          </>
        )}
        <ChoiceFilter label="Purpose" all="Any purpose" value={purpose} options={PURPOSES} onChange={(next) => setView({ purpose: next })} />
        <TextFilter label="Filter by caller" value={caller} onChange={(next) => setView({ caller: next })} />
        <Switch label="Live" checked={view.live} onChange={(event) => setView({ live: event.currentTarget.checked })} />
      </FilterBar>
      <Fault error={tail.error} />
      <Answer of={{ data: streams ? rows : answer.data && rows, error: answer.error, isPending: answer.isPending, refetch: answer.refetch }}>
        {() =>
          rows.length === 0 ? (
            <Empty title={streams ? "Waiting for the next prediction" : "No prediction is like this"}>
              <p>{streams ? "Each one appears here as it is answered." : "Take a filter away, or look at a longer time."}</p>
            </Empty>
          ) : (
            <DataTable label="Predictions" noun={["prediction", "predictions"]} rows={rows} columns={columnsOf(model)} keyOf={({ id }) => id} hrefOf={hrefOf} hasMore={!streams && answer.hasNextPage} more={() => void answer.fetchNextPage()} isLoadingMore={answer.isFetchingNextPage} />
          )
        }
      </Answer>
      <Story model={view.of || model} id={view.one} onClose={() => setView({ one: "", of: "" })} />
    </div>
  );
}

function columnsOf(model: string): Column<Listed>[] {
  return [
    { name: "time", header: "Time", cell: ({ time }) => <Moment time={time} /> },
    ...(model ? [] : [{ name: "model", header: "Model", cell: (each: Listed) => each.model }]),
    { name: "version", header: "Version", align: "end" as const, cell: ({ version }) => version || "–" },
    { name: "status", header: "Outcome", cell: ({ status, code }) => { const [state, word] = stateOfStatus(status, code); return <StateWord state={state}>{word}</StateWord>; } },
    { name: "caller", header: "Caller", cell: ({ caller }) => <Person actor={caller} /> },
    { name: "purpose", header: "Purpose", cell: ({ purpose }) => purpose },
    { name: "latency", header: "Latency (ms)", align: "end" as const, cell: ({ latency_ms }) => figure(latency_ms) },
  ];
}
