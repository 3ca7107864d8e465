/** One prediction's story: who asked what, which version answered, how long each part took, what came out. */
import { Drawer, useComputedColorScheme } from "@mantine/core";
import type { ReactNode } from "react";

import { SERIES } from "~/app/theme";
import { writeExactly } from "~/api/exact";
import { Code, Copyable } from "~/parts/copy";
import { figure } from "~/parts/figures";
import { PageLink, path } from "~/parts/link";
import { exactTime } from "~/parts/moment";
import { Facts } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { Person } from "~/parts/subject";
import { addressOf } from "../tries/scenario";
import { useKeyNames, useRecorded, type Recorded } from "./asking";
import { stateOfStatus } from "./states";

const MOST_CHARACTERS = 40_000;

export function Story({ model, id, onClose }: { model: string; id: string; onClose: () => void }) {
  const answer = useRecorded(model, id);
  return (
    <Drawer opened={id !== ""} onClose={onClose} position="right" size="min(680px, 100%)" title="One prediction" closeButtonProps={{ "aria-label": "Close" }}>
      {id && (
        <Answer of={answer} lines={12}>
          {(record) => (record ? <Told record={record} /> : <Empty title="This prediction is not kept any more"><p>Records are removed after the time that the installation keeps them.</p></Empty>)}
        </Answer>
      )}
    </Drawer>
  );
}

function Told({ record }: { record: Recorded }) {
  const keys = useKeyNames();
  const [state, word] = stateOfStatus(record.status, record.code);
  const row = firstRow(record.input);
  const version = record.version ? `${record.model}:${record.version}` : "";
  return (
    <div className="stack">
      <Facts
        of={[
          ["Outcome", <StateWord key="outcome" state={state}>{word}</StateWord>],
          ["Time", exactTime(record.time)],
          ["Version", version ? <PageLink key="version" href={path`/models/${version}`}>{version}</PageLink> : "none was chosen"],
          ["Asked for", record.reference],
          ["Caller", <Person key="caller" actor={record.caller || keys.get(record.key) || record.key} />],
          ["Purpose", record.purpose],
          ["Protocol", record.protocol],
          ["Batch", record.batch_rows ? `${figure(record.batch_rows)} rows` : "–"],
          ["Workers asked", figure(record.attempts)],
          ["Trace", record.trace ? <Copyable key="trace" text={record.trace} /> : "none"],
          ["Id", <Copyable key="id" text={record.id} />],
        ]}
      />
      <Part title="Where the time went"><Times record={record} /></Part>
      <Part title="Input" aside={row && version && <PageLink href={addressOf(version, { inputs: writeExactly(row)! })}>Try these inputs</PageLink>}><Code text={pretty(record.input)} /></Part>
      {record.params !== null && record.params !== undefined && <Part title="Parameters"><Code text={pretty(record.params)} /></Part>}
      {record.status >= 400 ? <Failed output={record.output} /> : <Part title="Output"><Code text={pretty(record.output)} /></Part>}
      {record.scores && <Part title="Scores, which the caller did not get"><Code text={pretty(record.scores)} /></Part>}
    </div>
  );
}

function Part({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section>
      <div className="row spread" style={{ marginBottom: 6 }}>
        <h3 style={{ margin: 0, fontSize: 14 }}>{title}</h3>
        {aside}
      </div>
      {children}
    </section>
  );
}

/** The problem that the caller got, and the traceback for those whom the records show it. */
function Failed({ output }: { output: unknown }) {
  const problem = typeof output === "object" && output !== null ? (output as Record<string, unknown>) : {};
  const { traceback, ...sent } = problem;
  const { detail, hint } = sent;
  return (
    <>
      {typeof detail === "string" && (
        <Part title="What went wrong">
          <p className="prose" style={{ margin: 0, overflowWrap: "anywhere" }}>{detail}</p>
          {typeof hint === "string" && hint && <p className="prose muted" style={{ margin: "4px 0 0" }}>{hint}</p>}
        </Part>
      )}
      {traceback !== undefined && <Part title="Traceback"><Code text={typeof traceback === "string" ? traceback : pretty(traceback)} /></Part>}
      <Part title="The answer as it was sent"><Code text={pretty(traceback === undefined ? output : sent)} /></Part>
    </>
  );
}

function Times({ record }: { record: Recorded }) {
  const [waiting, predicting] = SERIES[useComputedColorScheme("light")];
  const rest = Math.max(record.latency_ms - record.queue_ms - record.predict_ms, 0);
  const parts: [string, number, string][] = [["waiting", record.queue_ms, waiting!], ["predicting", record.predict_ms, predicting!], ["everything else", rest, "var(--unknown)"]];
  const whole = Math.max(record.latency_ms, 0.001);
  return (
    <div>
      <div className="shares" aria-hidden style={{ height: 10 }}>
        {parts.map(([name, ms, colour]) => <span key={name} style={{ width: `${(100 * ms) / whole}%`, background: colour }} />)}
      </div>
      <div className="row small" style={{ gap: 16, marginTop: 6 }}>
        <strong>{figure(record.latency_ms)} ms</strong>
        {parts.map(([name, ms, colour]) => (
          <span key={name} className="row" style={{ gap: 5 }}>
            <span aria-hidden style={{ width: 10, height: 10, borderRadius: 3, background: colour }} />
            {name} <span className="muted">{figure(ms)} ms</span>
          </span>
        ))}
      </div>
    </div>
  );
}

/** The first row of a native call's input, where it is an object that a form can show. */
export function firstRow(input: unknown): object | undefined {
  const rows = typeof input === "object" && input !== null ? (input as { inputs?: unknown }).inputs : undefined;
  const row: unknown = Array.isArray(rows) ? rows[0] : undefined;
  return typeof row === "object" && row !== null && !Array.isArray(row) ? row : undefined;
}

function pretty(value: unknown): string {
  const text = typeof value === "string" ? value : (writeExactly(value, 2) ?? "nothing");
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}\n… ${figure(text.length - MOST_CHARACTERS)} more characters` : text;
}
