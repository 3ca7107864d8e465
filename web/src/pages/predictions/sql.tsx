/** SQL over the records of predictions: the results as a table, a chart, CSV and Parquet. */
import { Button, Group, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { Fault, Waiting } from "~/parts/placeholders";
import { useView } from "~/parts/view";
import { askSql } from "./asking";
import { Results } from "./results";

const FIRST = "select version, count(*) as predictions, quantile_cont(latency_ms, 0.99) as p99_ms\nfrom predictions\nwhere time > now() - interval 1 day\ngroup by version";

export function Sql({ model }: { model: string }) {
  const [view, setView] = useView({ sql: "" });
  const [text, setText] = useState(view.sql || FIRST);
  useEffect(() => {
    if (view.sql) setText(view.sql);
  }, [view.sql]);
  const answer = useQuery({
    queryKey: ["sql", model, view.sql],
    queryFn: ({ signal }) => askSql(view.sql, model || null, signal),
    enabled: view.sql !== "",
    retry: false,
    refetchOnWindowFocus: false,
  });
  const run = () => (view.sql === text ? void answer.refetch() : setView({ sql: text }, { replace: false }));
  return (
    <div className="stack">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          run();
        }}
      >
        <div className="stack">
          <Textarea
            label="SQL"
            description={`One select from the table predictions, over ${model ? "the records of this model" : "the records of all models that you may read"}.`}
            autosize
            minRows={4}
            maxRows={16}
            spellCheck={false}
            value={text}
            styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13 } }}
            onChange={(event) => setText(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
              event.preventDefault();
              run();
            }}
          />
          <Group>
            <Button type="submit" loading={answer.isFetching} disabled={!text.trim()}>
              Run the query
            </Button>
            <span className="small muted">Ctrl/⌘ Enter</span>
          </Group>
        </div>
      </form>
      {answer.error ? <Fault error={answer.error} /> : answer.data ? <Results of={answer.data} sql={view.sql} model={model || null} /> : view.sql && <Waiting />}
    </div>
  );
}
