/** What a version's programs may use and reach: limits, sandbox, network, variables, secrets by name. */
import { $api, answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import type { ModelDetail } from "~/api/schema";
import { Action } from "~/parts/action";
import { bytes, figure } from "~/parts/figures";
import { Moment } from "~/parts/moment";
import { Card, Facts } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { StateWord, Word } from "~/parts/state";
import { Person } from "~/parts/subject";
import { SetSecret } from "../projects/secrets";

const OF_MODEL = "/api/v1/models/{model}/secrets/{name}";
const after = () => askAnew("/api/v1/models");

export function Walls({ model }: { model: ModelDetail }) {
  const { version } = model;
  const [replica] = version.replicas;
  const { batching } = version;
  return (
    <Card title="Limits and walls">
      <Facts
        of={[
          ["Sandbox", replica ? <StateWord key="sandbox" state={replica.sandboxed ? "ok" : "attention"}>{replica.sandboxed ? "on" : "off on this machine"}</StateWord> : "shown while a worker runs"],
          ["Walls", replica?.walls?.length ? <Words key="walls" of={replica.walls} /> : "–"],
          ["Limits enforced", replica?.limits?.length ? <Words key="limits" of={replica.limits} /> : "–"],
          ["Tier", replica?.tier || "–"],
          ["Predicted together", `at most ${figure(batching.max_rows ?? 0)} rows or ${bytes(batching.max_bytes ?? 0)}, waiting ${figure((batching.wait ?? 0) * 1_000)} ms`],
          ["Variables", Object.keys(version.env).length ? <Words key="env" of={Object.entries(version.env).map(([name, value]) => `${name}=${value}`)} /> : "none"],
        ]}
      />
    </Card>
  );
}

function Words({ of }: { of: string[] }) {
  return (
    <span className="row" style={{ gap: 4 }}>
      {of.map((word) => (
        <Word key={word}>{word}</Word>
      ))}
    </span>
  );
}

/** The names of the secrets that a model's programs get; nobody can read their values. */
export function SecretNames({ model }: { model: ModelDetail }) {
  const may = useMay();
  const mayRead = may("secrets.read", { model: model.name, project: model.project });
  const own = $api.useQuery("get", "/api/v1/models/{model}/secrets", { params: { path: { model: model.name } } }, { enabled: mayRead });
  const shared = $api.useQuery("get", "/api/v1/projects/{project}/secrets", { params: { path: { project: model.project } } }, { enabled: mayRead && may("secrets.read", { project: model.project }) });
  const mayManage = may("secrets.manage", { model: model.name, project: model.project });
  if (!mayRead) return null;
  const names = new Set(own.data?.secrets.map(({ name }) => name));
  const all = [...(own.data?.secrets ?? []), ...(shared.data?.secrets ?? []).filter(({ name }) => !names.has(name))];
  return (
    <Card title="Secrets" aside={mayManage && <SetSecret of={model.name} set={(name, value) => answerOf(client.PUT(OF_MODEL, { params: { path: { model: model.name, name } }, body: { value } }))} />}>
      <Answer of={own} lines={2}>
        {() =>
          all.length === 0 ? (
            <p className="muted" style={{ margin: 0 }}>
              None. Its programs get each as an environment variable.
            </p>
          ) : (
            <ul className="list">
              {all.map((secret) => (
                <li key={`${secret.model} ${secret.name}`}>
                  {secret.model && !secret.source && <span style={{ float: "right" }}><Action size="compact-xs" label="Delete" permission="secrets.manage" on={{ model: model.name, project: model.project }} color="red" before={<>Workers that run are replaced by such that do not have {secret.name}.</>} act={() => answerOf(client.DELETE(OF_MODEL, { params: { path: { model: model.name, name: secret.name } } })).then(after)} /></span>}
                  <span className="mono">{secret.name}</span> {secret.readable ? "" : <StateWord state="failing">can't be read</StateWord>}
                  <div className="small muted">
                    {secret.model ? "of the model" : `of the project ${secret.project}`}, {secret.source ? `kept by the operator in ${secret.source}` : <>set <Moment time={secret.set_at} /> by <Person actor={secret.set_by} /></>}
                  </div>
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
    </Card>
  );
}
