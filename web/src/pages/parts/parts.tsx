/** Each shared part, in the states that it has. */
import { useState } from "react";

import { Action } from "~/parts/action";
import { Chart } from "~/parts/chart";
import { Code, Copyable } from "~/parts/copy";
import { Diff } from "~/parts/diff";
import { Figure, bytes, duration } from "~/parts/figures";
import { ChoiceFilter, FilterBar, TextFilter } from "~/parts/filters";
import { Moment } from "~/parts/moment";
import { Card, Facts, Page } from "~/parts/page";
import { Empty, Failure, Fault, Waiting } from "~/parts/placeholders";
import { SchemaForm } from "~/parts/schemaform";
import { StateWord, Word } from "~/parts/state";
import { DataTable } from "~/parts/table";
import { Timeline } from "~/parts/timeline";
import { useView } from "~/parts/view";

const POINTS = 10_000;
const BEGIN = Date.UTC(2026, 0, 1) / 1_000;
const AT = Array.from({ length: POINTS }, (_, place) => BEGIN + place * 60);
const LINES = Array.from({ length: 10 }, (_, line) => ({ label: `version ${line + 1}`, values: AT.map((_at, place) => Math.sin(place / (200 + 40 * line)) * (line + 1) + line * 2) }));
const ROWS = Array.from({ length: 10_000 }, (_, place) => ({ id: `row-${place}`, value: (place * 7919) % 10_007, time: new Date((BEGIN + place * 3_600) * 1_000).toISOString() }));
const REFUSED = { code: "forbidden" as const, detail: "You may not release this model.", hint: "An owner of the project may grant you the role.", id: "01m8na284xbnvg74767a1a70t1" };

export function PartsPage() {
  const [view, setView] = useView({ q: "", state: "" });
  const [acts, setActs] = useState(0);
  const rows = ROWS.filter(({ id }) => id.includes(view.q));
  return (
    <Page title="Parts" says="What every page is made of." within={[["Home", "/"]]} actions={<Action label="Count up" act={async () => setActs(acts + 1)} />}>
      <div className="grid">
        <Card title="States, figures, moments">
          <p className="row">
            <StateWord state="ok">live</StateWord>
            <StateWord state="attention">paused</StateWord>
            <StateWord state="failing">failing</StateWord>
            <StateWord state="unknown">not known</StateWord>
            <Word>a word</Word>
          </p>
          <Facts of={[["A figure", <Figure key="figure" value={1234567.891} />], ["Small", <Figure key="small" value={0.0000123} />], ["Bytes", bytes(1_600_000_000)], ["Duration", duration(200)], ["A moment", <Moment key="moment" time={new Date(Date.now() - 3_600_000).toISOString()} />], ["To copy", <Copyable key="copy" text="credit-default:2" />], ["Acts", acts]]} />
        </Card>
        <Card title="Acts that ask first">
          <div className="row">
            <Action label="Roll back to version 6" before={<>Version 6 takes all the traffic again.</>} act={async () => undefined} />
            <Action label="Remove the model" color="red" typed="iris" before={<>All its versions and files go.</>} act={() => Promise.reject(REFUSED)} />
          </div>
        </Card>
        <Card title="A form from a description">
          <SchemaForm
            fields={[
              { kind: "text", name: "name", label: "Name", required: true },
              { kind: "number", name: "age", label: "Age", unit: "years", min: 18, max: 100 },
              { kind: "choice", name: "tier", label: "Tier", options: ["small", "medium", "large"] },
              { kind: "yes", name: "agreed", label: "It is agreed" },
            ]}
            submit="Send"
            onSubmit={async () => undefined}
          />
        </Card>
        <Card title="Timeline">
          <Timeline label="An example" of={[{ id: "2", time: new Date().toISOString(), what: "Version 2 released", by: "olga", state: "ok", note: "Better on the last quarter." }, { id: "1", time: "2026-01-01T00:00:00Z", what: "Check failed", by: "ben", state: "failing" }]} />
        </Card>
        <Card title="Diff">
          <Diff label="An example" before={"numpy==2.4.0\npandas==3.0.0\nscipy==1.17.0"} after={"numpy==2.4.6\npandas==3.0.0\nscipy==1.17.0\nskops==0.16.0"} />
        </Card>
        <Card title="Code">
          <Code text={'curl -H "Authorization: Bearer $UNSHELF_TOKEN" https://example.org/api/v1/models'} />
        </Card>
      </div>
      <Card>
        <Chart title="Ten lines of 10,000 points" at={AT} lines={LINES} unit="ms" marks={[{ at: AT[5_000]!, label: "version 2" }]} />
      </Card>
      <Card title="A table of 10,000 rows">
        <FilterBar>
          <TextFilter label="Filter by id" value={view.q} onChange={(q) => setView({ q })} />
          <ChoiceFilter label="State" all="Any state" value={view.state} options={["good", "bad"]} onChange={(state) => setView({ state })} />
        </FilterBar>
        <div style={{ height: 12 }} />
        <DataTable label="Rows" noun={["row", "rows"]} height="360px" rows={rows} keyOf={({ id }) => id} hrefOf={() => "/parts"} columns={[{ name: "id", header: "Id", cell: ({ id }) => id }, { name: "value", header: "Value", align: "end", cell: ({ value }) => <Figure value={value} /> }, { name: "time", header: "Time", cell: ({ time }) => <Moment time={time} /> }]} />
      </Card>
      <div className="grid">
        <Card>
          <Empty title="Nothing is here yet">
            <p>What this place is for, and the one next step.</p>
          </Empty>
        </Card>
        <Card>
          <Failure error={REFUSED} />
        </Card>
        <Card>
          <Fault error={REFUSED} />
        </Card>
        <Card>
          <Waiting lines={3} />
        </Card>
      </div>
    </Page>
  );
}
