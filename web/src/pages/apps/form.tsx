/** An app as people use it: its text, its inputs, and the answer in words. The way to ask is given, so that a frame of another page has its own. */
import { Button } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { isProblem } from "~/api/problem";
import type { AppForm, AppReply } from "~/api/schema";
import { Fault, Waiting } from "~/parts/placeholders";
import { Prose } from "~/parts/prose";
import { StateWord } from "~/parts/state";
import type { Row } from "../tries/fields";
import { Input } from "../tries/input";
import { Output } from "../tries/output";
import { beginning, fieldOf, questionOf } from "./fields";

const PAUSE_MS = 150;
const BUSY_MS = 500;
const TRIES = 6;

export type Ask = (inputs: Record<string, unknown>, signal: AbortSignal) => Promise<AppReply>;

interface Props {
  form: AppForm;
  row: Row;
  onRow: (row: Row) => void;
  ask: Ask;
  /** What else the answer depends on, such as the draft of an editor. */
  version: unknown;
}

export function AppForm({ form, row, onRow, ask, version }: Props) {
  const [question] = useDebouncedValue(JSON.stringify(questionOf(form.inputs, row)), PAUSE_MS);
  const answer = useQuery({
    queryKey: ["app", form.name, version, question],
    queryFn: ({ signal }) => ask(JSON.parse(question) as Record<string, unknown>, signal),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    retry: (failures, error) => failures < TRIES && isProblem(error) && error.code === "too_many_requests" && error.status === 429,
    retryDelay: BUSY_MS,
  });
  const faults = faultsOf(answer.error);
  return (
    <div className="app">
      {form.text && <Prose text={form.text} />}
      <div className="app-columns">
        <section className="card" aria-label="Inputs">
          <div className="stack">
            {form.inputs.map((input) => (
              <Input key={input.name} field={fieldOf(input)} value={row[input.name]} fault={faults[input.name]} onChange={(value) => onRow({ ...row, [input.name]: value })} />
            ))}
            {form.inputs.length > 0 && (
              <div>
                <Button variant="subtle" size="compact-sm" onClick={() => onRow(beginning(form.inputs))}>
                  Begin again
                </Button>
              </div>
            )}
          </div>
        </section>
        <section className="card app-answer" aria-label="Answer" aria-live="polite" style={{ opacity: answer.isPlaceholderData && !answer.error ? 0.6 : 1 }}>
          {answer.error ? <Fault error={answer.error} /> : answer.data ? <Reply of={answer.data} /> : <Waiting lines={2} />}
        </section>
      </div>
    </div>
  );
}

function Reply({ of: { text, words, tone, output } }: { of: AppReply }) {
  return (
    <div className="stack" style={{ gap: 12 }}>
      <p className="app-words">{text}</p>
      {words && tone !== "unknown" && (
        <div>
          <StateWord state={tone}>{words}</StateWord>
        </div>
      )}
      {output !== null && output !== undefined && typeof output === "object" && <Output of={output} />}
    </div>
  );
}

/** What the API says of single inputs stands at these. */
function faultsOf(error: unknown): Record<string, string> {
  if (!isProblem(error)) return {};
  return Object.fromEntries((error.errors ?? []).filter(({ column }) => column).map(({ column, expected }) => [column!, `Expected ${expected}.`]));
}
