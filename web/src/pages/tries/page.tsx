/** Trying a model out: a form for its inputs, the answer at once, how it changes with each input, two versions side by side. */
import { Button, Select } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { useMemo } from "react";

import { $api } from "~/api/client";
import { useMay } from "~/api/permissions";
import { isProblem } from "~/api/problem";
import type { ScenarioDetail, TryForm } from "~/api/schema";
import { copyText } from "~/parts/copy";
import { PageLink, path, useGo } from "~/parts/link";
import { Card, Page, PageTabs } from "~/parts/page";
import { Answer, Fault, Waiting } from "~/parts/placeholders";
import { useView } from "~/parts/view";
import { useTry } from "./asking";
import { Curve } from "./curve";
import { fieldsOf, parameterFields, requestParams, requestRow, usualRow, type Field, type Row } from "./fields";
import { Input } from "./input";
import { Output } from "./output";
import { addressOf, numbersIn, rowOf, textOf, variable } from "./scenario";
import { linkTo, rowOfInputs, SaveScenario } from "./saved";
import { ScenariosTab } from "./scenarios";
import { Scoring } from "./scoring";
import { figure } from "~/parts/figures";
import { useShown } from "./shown";

const VIEW = { tab: "one", beside: "", vary: "", inputs: "", params: "", scenario: "", over: "", chosen: "" };

export function TryPage() {
  const { ref } = useParams({ strict: false }) as { ref: string };
  const answer = $api.useQuery("get", "/api/v1/models/{ref}/try", { params: { path: { ref } } });
  const name = answer.data?.model ?? ref.replace(/[:@].*$/, "");
  return (
    <Page title={`Try ${name}`} within={[["Models", "/models"], [name, path`/models/${name}`]]} actions={answer.data && <MakeAnApp reference={ref} />} says={answer.data && "Change an input, and see the answer at once. Tries are recorded, and nothing counts them as use."}>
      <Answer of={answer} lines={10}>
        {(form) => <Opened key={ref} form={form} reference={ref} />}
      </Answer>
    </Page>
  );
}

function MakeAnApp({ reference }: { reference: string }) {
  const may = useMay();
  if (!may("apps.manage")) return null;
  return (
    <PageLink className="button-link" href={path`/models/${reference}/app`}>
      Make an app of it
    </PageLink>
  );
}

/** The form, with the inputs of the scenario that the address names. */
function Opened({ form, reference }: { form: TryForm; reference: string }) {
  const [view] = useView(VIEW);
  const named = $api.useQuery("get", "/api/v1/models/{name}/scenarios/{id}", { params: { path: { name: form.model, id: view.scenario } } }, { enabled: view.scenario !== "" });
  if (!view.scenario) return <Trying form={form} reference={reference} />;
  return <Answer of={named} lines={10}>{(scenario) => <Trying key={scenario.id} form={form} reference={reference} opened={scenario} />}</Answer>;
}

function Trying({ form, reference, opened }: { form: TryForm; reference: string; opened?: ScenarioDetail }) {
  const [view, setView] = useView(VIEW);
  const go = useGo();
  const fields = useMemo(() => fieldsOf(form), [form]);
  const parameters = useMemo(() => parameterFields(form.signature.parameters), [form]);
  const begun = opened ? rowOfInputs(opened.inputs, fields, usualRow(fields)) : usualRow(fields);
  const begunParams = opened?.params ? rowOfInputs(opened.params, parameters, usualRow(parameters)) : usualRow(parameters);
  const [row, setRow] = useShown(view.inputs, (text) => rowOf(text, fields, begun), write("inputs"), [fields, opened]);
  const [given, setGiven] = useShown(view.params, (text) => rowOf(text, parameters, begunParams), write("params"), [parameters, opened]);
  const params = requestParams(parameters, given);
  const { text, leftOut } = textOf(row);
  const scenario = { inputs: text, params: params ? textOf(given).text : "", beside: view.beside, vary: view.vary };

  function write(name: "inputs" | "params") {
    return (next: Row) => {
      const written = textOf(next).text;
      setView({ [name]: written });
      return written;
    };
  }

  const one = () => (
    <One
      refs={view.beside ? [reference, view.beside] : [reference]}
      {...{ form, fields, parameters, row, given, params }}
      vary={view.vary}
      onVary={(vary) => setView({ vary })}
      onRow={setRow}
      onGiven={setGiven}
      onReset={() => [setRow(usualRow(fields)), setGiven(usualRow(parameters))]}
    />
  );
  return (
    <div className="stack">
      <div className="row" style={{ alignItems: "flex-end" }}>
        <Versions label="Version" form={form} value={reference} onChange={(ref) => go(addressOf(ref, { ...scenario, tab: view.tab === VIEW.tab ? "" : view.tab }))} />
        <Versions label="Beside it" none="nothing" form={form} value={view.beside} onChange={(beside) => setView({ beside })} />
        <Button variant="default" onClick={() => void copyText(location.origin + addressOf(reference, scenario))}>
          Copy a link to these inputs
        </Button>
        <SaveScenario model={form.model} inputs={requestRow(fields, row)} params={params} own={opened?.mine ? opened : undefined} onSaved={({ id }) => go(linkTo(reference, id))} />
        {leftOut.length > 0 && <span className="small muted">Too long for a link: {leftOut.join(", ")}.</span>}
      </div>
      {opened && (
        <div className="muted" style={{ overflowWrap: "anywhere" }}>
          Opened with the scenario <strong>{opened.name}</strong>{opened.note && `: ${opened.note}`}
        </div>
      )}
      <PageTabs
        chosen={view.tab}
        choose={(tab) => setView({ tab })}
        tabs={[
          { name: "one", label: "One row", content: one },
          { name: "table", label: "A table", content: () => <Scoring model={form.model} reference={reference} fields={fields} params={params} /> },
          {
            name: "scenarios",
            label: "Scenarios",
            content: () => (
              <ScenariosTab
                model={form.model}
                reference={reference}
                versions={referencesOf(form).map(({ value }) => value)}
                over={view.over ? view.over.split(" ") : view.beside ? [reference, view.beside] : [reference]}
                chosen={view.chosen ? view.chosen.split(" ") : []}
                choose={({ over, chosen }) => setView({ ...(over && { over: over.join(" ") }), ...(chosen && { chosen: chosen.join(" ") }) })}
              />
            ),
          },
        ]}
      />
    </div>
  );
}

/** References that a model is asked by, with words for each. */
function referencesOf(form: TryForm): { value: string; label: string }[] {
  return [
    { value: form.model, label: "the live release" },
    ...Object.keys(form.aliases).map((alias) => ({ value: `${form.model}@${alias}`, label: `@${alias}` })),
    ...[...form.versions].reverse().map((version) => ({ value: `${form.model}:${version}`, label: `version ${version}` })),
  ];
}

function Versions({ label, form, value, none, onChange }: { label: string; form: TryForm; value: string; none?: string; onChange: (ref: string) => void }) {
  const options = [
    ...(none ? [{ value: "", label: none }] : []),
    ...referencesOf(form),
  ];
  const data = options.some((option) => option.value === value) ? options : [{ value, label: value }, ...options];
  return <Select label={label} w={160} data={data} value={value} allowDeselect={false} searchable={data.length > 12} onChange={(chosen) => chosen !== null && onChange(chosen)} />;
}

interface OneProps {
  refs: string[];
  form: TryForm;
  fields: Field[];
  parameters: Field[];
  row: Row;
  given: Row;
  params?: Record<string, unknown>;
  vary: string;
  onVary: (name: string) => void;
  onRow: (row: Row) => void;
  onGiven: (row: Row) => void;
  onReset: () => void;
}

function One({ refs, form, fields, parameters, row, given, params, vary, onVary, onRow, onGiven, onReset }: OneProps) {
  const inputs = [requestRow(fields, row)];
  const one = useTry(refs[0]!, inputs, params);
  const other = useTry(refs[1] ?? "", inputs, params);
  const faults = faultsOf(one.error);
  const among = variable(fields);
  const varied = among.find(({ name }) => name === vary) ?? among[0];
  const names = form.signature.outputs?.kind === "columns" ? form.signature.outputs.columns.map(({ name }) => name) : [];
  return (
    <div className="try">
      <div className="try-inputs">
      <Card title="Inputs" aside={<Button size="compact-xs" variant="subtle" onClick={onReset}>As in the example</Button>}>
        <div className="stack">
          {fields.map((field) => (
            <Input key={field.name} field={field} value={row[field.name]} fault={faults[field.name]} onChange={(value) => onRow({ ...row, [field.name]: value })} onVary={among.includes(field) ? () => onVary(field.name) : undefined} />
          ))}
          {parameters.length > 0 && <h3 style={{ margin: 0, fontSize: 14 }}>Parameters</h3>}
          {parameters.map((field) => (
            <Input key={`parameter ${field.name}`} field={field} value={given[field.name]} fault={faults[field.name]} onChange={(value) => onGiven({ ...given, [field.name]: value })} />
          ))}
        </div>
      </Card>
      </div>
      <div className="try-answer">
          <OneAnswer of={one} title={refs.length > 1 ? refs[0]! : "Answer"} names={names} />
          {refs[1] && <OneAnswer of={other} title={refs[1]} names={names} against={one.data?.outputs} />}
      </div>
      <div className="try-curve">
        {varied && <Curve refs={refs} fields={fields} row={row} params={params} among={among} varied={varied} onVary={onVary} />}
      </div>
    </div>
  );
}

function OneAnswer({ of, title, names, against }: { of: ReturnType<typeof useTry>; title: string; names: string[]; against?: unknown }) {
  const outputs = of.data?.outputs as unknown;
  const output = Array.isArray(outputs) && outputs.length === 1 ? (outputs[0] as unknown) : outputs;
  const difference = differenceOf(output, Array.isArray(against) ? against[0] : against);
  return (
    <Card title={title} aside={of.data && <PageLink className="small" href={path`/models/${`${of.data.model}:${of.data.version}`}`}>{`version ${of.data.version}`}</PageLink>}>
      <div aria-live="polite" aria-label={`Answer of ${title}`} role="region" style={{ minHeight: 40, opacity: of.isPlaceholderData && !of.error ? 0.6 : 1 }}>
        {of.error ? <Fault error={of.error} /> : of.data ? <Output of={output} names={names} /> : <Waiting lines={1} />}
        {difference !== undefined && !of.error && <div className="small muted">{difference === 0 ? "the same" : `${difference > 0 ? "+" : "−"}${figure(Math.abs(difference))} against the other`}</div>}
      </div>
    </Card>
  );
}

function differenceOf(output: unknown, other: unknown): number | undefined {
  const [one] = Object.values(typeof output === "number" ? numbersIn(output) : {});
  const [two] = Object.values(typeof other === "number" ? numbersIn(other) : {});
  return one !== undefined && two !== undefined ? one - two : undefined;
}

/** What the API says of single inputs stands at these. */
function faultsOf(error: unknown): Record<string, string> {
  if (!isProblem(error)) return {};
  return Object.fromEntries((error.errors ?? []).filter(({ column }) => column).map(({ column, expected, got }) => [column!, `Expected ${expected}, got ${got}.`]));
}
