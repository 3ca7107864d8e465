/** The last predictions of a model, whatever came of them. */
import { Button, Drawer } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { answerOf, client } from "~/api/client";
import type { ModelDetail } from "~/api/schema";
import { Code, Copyable } from "~/parts/copy";
import { duration } from "~/parts/figures";
import { ChoiceFilter, FilterBar } from "~/parts/filters";
import { Moment, exactTime } from "~/parts/moment";
import { Facts } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { StateWord, type State } from "~/parts/state";
import { Person } from "~/parts/subject";
import { DataTable } from "~/parts/table";
import { useView } from "~/parts/view";
import { linesOf, type Prediction } from "./records";

const TAIL = 200;
const EVERY_MS = 5_000;

function stateOfAnswer(status: number): State {
  if (status < 400) return "ok";
  return status < 500 ? "attention" : "failing";
}

export function PredictionsTab({ model }: { model: ModelDetail }) {
  const [view, setView] = useView({ status: "", prediction: "" });
  const answer = useQuery({
    queryKey: ["get", "/api/v1/models/{ref}/predictions", model.name, view.status],
    queryFn: async () => linesOf(await answerOf(client.GET("/api/v1/models/{ref}/predictions", { params: { path: { ref: model.name }, query: { tail: TAIL, status: view.status || undefined } }, parseAs: "text" }))),
    refetchInterval: EVERY_MS,
  });
  const rows = answer.data ?? [];
  const chosen = rows.find(({ id }) => id === view.prediction);
  return (
    <div className="stack">
      <FilterBar>
        <ChoiceFilter label="Answer" all="Any answer" value={view.status} options={[{ value: "2xx", label: "Answered" }, { value: "4xx", label: "Refused (4xx)" }, { value: "5xx", label: "Failed (5xx)" }]} onChange={(status) => setView({ status })} />
      </FilterBar>
      <Answer of={answer}>
        {() =>
          rows.length === 0 ? (
            <Empty title="No prediction is like this">
              <p>Each call is listed here as soon as it was answered, whatever came of it. “How to call it” has a program that makes one.</p>
            </Empty>
          ) : (
            <DataTable
              label="Predictions"
              noun={["prediction", "predictions"]}
              rows={rows}
              keyOf={({ id }) => id}
              columns={[
                { name: "when", header: "When", cell: ({ id, time }) => <Button variant="transparent" size="compact-sm" px={0} onClick={() => setView({ prediction: id }, { replace: false })}><Moment time={time} /></Button> },
                { name: "status", header: "Answer", cell: ({ status, code }) => <StateWord state={stateOfAnswer(status)}>{code ? `${status} ${code}` : String(status)}</StateWord> },
                { name: "version", header: "Version", align: "end", cell: ({ version }) => version ?? "–" },
                { name: "latency", header: "Took", align: "end", cell: ({ latency_ms }) => duration(latency_ms / 1_000) },
                { name: "caller", header: "Caller", cell: ({ caller }) => <Person actor={caller} /> },
                { name: "purpose", header: "Purpose", cell: ({ purpose }) => purpose },
                { name: "input", header: "Input", cell: ({ input }) => <span className="mono">{JSON.stringify(input)}</span> },
              ]}
            />
          )
        }
      </Answer>
      <Drawer opened={chosen !== undefined} onClose={() => setView({ prediction: "" })} title="Prediction" position="right" size="lg" closeButtonProps={{ "aria-label": "Close" }}>
        {chosen && <Story of={chosen} />}
      </Drawer>
    </div>
  );
}

function Story({ of }: { of: Prediction }) {
  return (
    <div className="stack">
      <Facts
        of={[
          ["Id", <Copyable key="id" text={of.id} />],
          ["When", exactTime(of.time)],
          ["Called as", of.reference ?? "–"],
          ["Version", of.version ?? "–"],
          ["Answer", `${of.status}${of.code ? ` ${of.code}` : ""}`],
          ["Took", `${duration(of.latency_ms / 1_000)}${of.predict_ms === null ? "" : `, the model ${duration(of.predict_ms / 1_000)}`}`],
          ["Caller", of.caller ?? "–"],
          ["Purpose", of.purpose],
          ["Protocol", of.protocol],
        ]}
      />
      <strong>Input</strong>
      <Code text={shown(of.input)} />
      <strong>Output</strong>
      <Code text={shown(of.output)} />
      {of.trace && (
        <>
          <strong>Trace</strong>
          <Code text={of.trace} />
        </>
      )}
    </div>
  );
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}
