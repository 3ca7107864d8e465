/** The scenarios of a model: a list, and several side by side over versions. */
import { Button, Checkbox, MultiSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { $api, answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import type { ScenarioDetail } from "~/api/schema";
import { Action } from "~/parts/action";
import { copyText } from "~/parts/copy";
import { figure } from "~/parts/figures";
import { PageLink } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Card } from "~/parts/page";
import { Answer, Empty, Fault, Waiting } from "~/parts/placeholders";
import { Word } from "~/parts/state";
import { Person } from "~/parts/subject";
import { askVersion } from "./asking";
import { linkTo } from "./saved";

const PATH = "/api/v1/models/{name}/scenarios";
const MOST = 200;
const MOST_BESIDE = 6;

interface Props {
  model: string;
  reference: string;
  /** References of versions that the comparison is over. */
  over: string[];
  versions: string[];
  /** Ids of the scenarios that are compared; empty: the first ones. */
  chosen: string[];
  choose: (change: { over?: string[]; chosen?: string[] }) => void;
}

export function ScenariosTab({ model, reference, over, versions, chosen, choose }: Props) {
  const answer = $api.useQuery("get", PATH, { params: { path: { name: model }, query: { limit: MOST } } });
  return (
    <Answer of={answer} lines={6}>
      {({ scenarios }) => {
        if (scenarios.length === 0) {
          return (
            <Empty title="No scenario is saved yet">
              <p>Set the inputs under “One row”, then save them as a scenario: to come back to, to share by link, and to compare.</p>
            </Empty>
          );
        }
        const known = new Set(scenarios.map(({ id }) => id));
        const wanted = chosen.filter((id) => known.has(id));
        const compared = wanted.length ? wanted : scenarios.slice(0, MOST_BESIDE).map(({ id }) => id);
        return (
          <div className="stack">
            <Listed {...{ model, reference, scenarios, compared }} onChoose={(next) => choose({ chosen: next })} />
            <Compared model={model} scenarios={scenarios.filter(({ id }) => compared.includes(id))} over={over} versions={versions} onOver={(next) => choose({ over: next })} />
          </div>
        );
      }}
    </Answer>
  );
}

interface ListedProps {
  model: string;
  reference: string;
  scenarios: ScenarioDetail[];
  compared: string[];
  onChoose: (ids: string[]) => void;
}

function Listed({ model, reference, scenarios, compared, onChoose }: ListedProps) {
  const may = useMay();
  const call = (id: string) => ({ params: { path: { name: model, id } } });
  const after = () => askAnew(PATH);
  return (
    <Card title="Scenarios">
      <ul className="list" aria-label="Scenarios">
        {scenarios.map(({ id, name, note, shared, mine, created_by, changed_at }) => (
          <li key={id} className="row spread" style={{ alignItems: "flex-start" }}>
            <div className="row" style={{ alignItems: "flex-start", flexWrap: "nowrap", minWidth: 0 }}>
              <Checkbox
                aria-label={`Compare ${name}`}
                checked={compared.includes(id)}
                disabled={!compared.includes(id) && compared.length >= MOST_BESIDE}
                onChange={(event) => onChoose(event.currentTarget.checked ? [...compared, id] : compared.filter((each) => each !== id))}
                mt={2}
              />
              <div style={{ minWidth: 0, overflowWrap: "anywhere" }}>
                <PageLink href={linkTo(reference, id)}>{name}</PageLink> <Word>{shared ? "shared" : "only yours"}</Word>
                {note && <div className="prose" style={{ whiteSpace: "pre-wrap" }}>{note}</div>}
                <div className="small muted">
                  <Person actor={created_by} />, <Moment time={changed_at} />
                </div>
              </div>
            </div>
            <div className="row">
              {shared && (
                <Button size="xs" variant="default" onClick={() => void copyText(location.origin + linkTo(model, id))} aria-label={`Copy link to ${name}`}>
                  Copy link
                </Button>
              )}
              {mine && <Action size="xs" label={shared ? "Stop sharing" : "Share"} act={() => answerOf(client.PATCH(`${PATH}/{id}`, { ...call(id), body: { shared: !shared } })).then(after)} />}
              {(mine || may("model.release", { model })) && <Action size="xs" label="Delete" before={<>“{name}” is deleted{shared ? " for everybody; links to it lead nowhere" : ""}.</>} act={() => answerOf(client.DELETE(`${PATH}/{id}`, call(id))).then(after)} />}
            </div>
          </li>
        ))}
      </ul>
    </Card>
  );
}

interface ComparedProps {
  model: string;
  scenarios: ScenarioDetail[];
  over: string[];
  versions: string[];
  onOver: (refs: string[]) => void;
}

/** A column for each scenario: the inputs in which they differ, then the answer of each version. */
function Compared({ scenarios, over, versions, onOver }: ComparedProps) {
  const inputs = differing(scenarios);
  const asked = useQuery({
    queryKey: ["compared", over, scenarios.map(({ id, changed_at }) => [id, changed_at])],
    queryFn: ({ signal }) => Promise.all(over.map((ref) => answersOf(ref, scenarios, signal))),
    enabled: over.length > 0 && scenarios.length > 0,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
  });
  return (
    <Card title="Side by side" aside={<MultiSelect aria-label="Versions to compare over" size="xs" w={300} searchable data={versions} value={over} onChange={(refs) => refs.length && onOver(refs)} maxValues={4} />}>
      {asked.error ? (
        <Fault error={asked.error} />
      ) : !asked.data ? (
        <Waiting lines={3} />
      ) : (
        <div className="table-frame" tabIndex={0} role="region" aria-label="Scenarios side by side">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">
                  <span className="small">Input</span>
                </th>
                {scenarios.map(({ id, name }) => (
                  <th key={id} scope="col" className="end">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {inputs.map((name) => (
                <tr key={`input ${name}`}>
                  <th scope="row" style={{ position: "static", boxShadow: "none" }}>
                    {name || "Input"}
                  </th>
                  {scenarios.map(({ id, inputs }) => (
                    <td key={id} className="end">
                      {shown(valueOf(inputs, name))}
                    </td>
                  ))}
                </tr>
              ))}
              {asked.data.flatMap((answers, place) =>
                answerRows(answers).map(({ name, values }) => (
                  <tr key={`answer ${over[place]} ${name}`}>
                    <th scope="row" style={{ position: "static", boxShadow: "none", color: "inherit" }}>
                      {over[place]}
                      {name && <span className="muted"> · {name}</span>}
                    </th>
                    {scenarios.map(({ id }, column) => (
                      <td key={id} className="end" style={{ fontWeight: 600 }}>
                        {shown(values[column])}
                      </td>
                    ))}
                  </tr>
                )),
              )}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

/** The answer of a version to each scenario: in one batch where they have the same parameters and it answers row by row, else one by one. */
async function answersOf(ref: string, scenarios: ScenarioDetail[], signal: AbortSignal): Promise<unknown[]> {
  const params = scenarios.map(({ params }) => params ?? undefined);
  if (new Set(params.map((each) => JSON.stringify(each))).size === 1) {
    const { outputs } = await askVersion(ref, scenarios.map(({ inputs }) => inputs as unknown), params[0], signal);
    if (Array.isArray(outputs) && outputs.length === scenarios.length) return outputs as unknown[];
  }
  const answers: unknown[] = [];
  for (const [place, { inputs }] of scenarios.entries()) {
    const { outputs } = await askVersion(ref, [inputs], params[place], signal);
    answers.push(Array.isArray(outputs) && outputs.length === 1 ? (outputs[0] as unknown) : outputs);
  }
  return answers;
}

const MOST_MEMBERS = 40;

/** The rows in which a version's answers are compared: one, or one for each member where all of them are objects. */
export function answerRows(answers: unknown[]): { name: string; values: unknown[] }[] {
  if (!answers.every(isObject)) return [{ name: "", values: answers }];
  const members = answers.map((answer) => new Map(membersOf(answer)));
  const names = [...new Set(members.flatMap((each) => [...each.keys()]))];
  return names.slice(0, MOST_MEMBERS).map((name) => ({ name, values: members.map((each) => each.get(name)) }));
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function membersOf(value: object, path = ""): [string, unknown][] {
  return Object.entries(value).flatMap(([name, member]: [string, unknown]) => (isObject(member) ? membersOf(member, `${path}${name}.`) : [[path + name, member] as [string, unknown]]));
}

/** Names of inputs in which scenarios differ; all of them where there is one scenario. */
export function differing(scenarios: { inputs?: unknown }[]): string[] {
  const rows = scenarios.map(({ inputs }) => inputs);
  if (!rows.every((row) => typeof row === "object" && row !== null && !Array.isArray(row))) return [""];
  const names = [...new Set(rows.flatMap((row) => Object.keys(row as object)))];
  if (rows.length < 2) return names;
  return names.filter((name) => new Set(rows.map((row) => JSON.stringify(valueOf(row, name)))).size > 1);
}

function valueOf(inputs: unknown, name: string): unknown {
  return name === "" || typeof inputs !== "object" || inputs === null ? inputs : new Map(Object.entries(inputs)).get(name);
}

const MOST_CHARACTERS = 60;

function shown(value: unknown): string {
  if (value === undefined || value === null) return "–";
  if (typeof value === "number") return figure(value);
  const text = typeof value === "string" ? value : JSON.stringify(value, (_name, each: unknown) => (typeof each === "number" ? Number(each.toPrecision(4)) : each));
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)} …` : text;
}
