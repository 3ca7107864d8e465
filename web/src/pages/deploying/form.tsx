/** The choices of a deploy: name, project, environment, packages, tier and replicas. What is left as it is follows the files. */
import { NumberInput, Select, TextInput, Textarea } from "@mantine/core";

import { $api } from "~/api/client";
import { useMay } from "~/api/permissions";
import type { Environment, Model, NamedEnvironment, Pythons, TierDetail } from "~/api/schema";
import { counted } from "~/parts/figures";
import { choose, type Draft } from "./draft";
import { examplesAmong, kindOf, modelsAmong } from "./found";
import { costWords, environmentChoices, nameFault, pythonChoices, replicasFault, tierWords } from "./words";

const MOST = 500;
const ASKED = "";
const LIVE = [
  { value: "first", label: "If it is the model's first version" },
  { value: "yes", label: "At once: all calls by name go to it" },
  { value: "no", label: "Not yet: it answers at its own address" },
];

export interface Known {
  models: Model[];
  projects: { name: string; title: string }[];
  environments: Environment[];
  named: NamedEnvironment[];
  pythons?: Pythons;
  tiers: TierDetail[];
}

/** What the form offers; undefined while it is asked for. */
export function useKnown(): Known {
  const may = useMay();
  const models = $api.useQuery("get", "/api/v1/models", { params: { query: { limit: MOST } } });
  const projects = $api.useQuery("get", "/api/v1/projects", { params: { query: { limit: MOST } } }, { enabled: may("project.read") });
  const environments = $api.useQuery("get", "/api/v1/environments", { params: { query: { limit: MOST } } }, { enabled: may("environments.read") });
  const named = $api.useQuery("get", "/api/v1/environments/names", { params: { query: { limit: MOST } } }, { enabled: may("environments.read") });
  const pythons = $api.useQuery("get", "/api/v1/machine/pythons", {}, { enabled: may("environments.read"), staleTime: 60_000 });
  const tiers = $api.useQuery("get", "/api/v1/tiers", {});
  const deployable = (projects.data?.projects ?? []).filter(({ name }) => may("model.deploy", { project: name }));
  return {
    models: models.data?.models ?? [],
    projects: deployable,
    environments: environments.data?.environments ?? [],
    named: named.data?.environments ?? [],
    pythons: pythons.data,
    tiers: tiers.data?.tiers ?? [],
  };
}

/** The project that the model will belong to. */
export function projectOf({ choices }: Draft, { models, projects }: Known, current: string): string {
  const present = models.find(({ name }) => name === choices.name);
  if (present) return present.project;
  if (choices.project) return choices.project;
  const names = projects.map(({ name }) => name);
  return [current, "default", ...names].find((name) => names.includes(name)) ?? "default";
}

/** What keeps the form from being sent, by field. */
export function faultsOf({ items, choices }: Draft): Partial<Record<"name" | "path" | "replicas", string>> {
  const most = choices.max_replicas ?? Math.max(1, choices.min_replicas ?? 0);
  const faults = {
    name: nameFault(choices.name),
    path: kindOf(items) === "files" && !choices.path ? "Choose the file that is the model, or drop a folder with unshelf.toml." : undefined,
    replicas: replicasFault(choices.min_replicas ?? 0, most),
  };
  return Object.fromEntries(Object.entries(faults).filter(([, fault]) => fault));
}

interface Props {
  draft: Draft;
  known: Known;
  project: string;
  /** Whether faults are shown: once it was tried to send. */
  shows: boolean;
  disabled: boolean;
}

export function Form({ draft, known, project, shows, disabled }: Props) {
  const { choices } = draft;
  const present = known.models.find(({ name }) => name === choices.name);
  const faults = shows ? faultsOf(draft) : {};
  const tier = known.tiers.find(({ name }) => name === (choices.tier ?? "small"));
  const most = choices.max_replicas ?? Math.max(1, choices.min_replicas ?? 0);
  const projects = [...known.projects];
  if (!projects.some(({ name }) => name === project)) projects.push({ name: project, title: "" });
  return (
    <div className="stack">
      <div className="grid">
        <TextInput
          label="Name"
          withAsterisk
          description={present ? `It is there: this becomes version ${present.latest + 1}.` : "The model's name is its address."}
          error={faults.name}
          value={choices.name}
          disabled={disabled}
          onChange={(event) => choose({ name: event.currentTarget.value.trim() })}
          autoComplete="off"
        />
        <Select
          label="Project"
          description={present ? "A model stays where it is." : "Its members may see and call it."}
          allowDeselect={false}
          searchable={projects.length > 8}
          disabled={disabled || present !== undefined}
          data={projects.map(({ name, title }) => ({ value: name, label: title || name }))}
          value={project}
          onChange={(name) => choose({ project: name })}
        />
      </div>
      <ModelFile draft={draft} fault={faults.path} disabled={disabled} />
      <PackagesOf draft={draft} known={known} project={project} disabled={disabled} />
      <div className="grid">
        <Select
          label="Tier"
          description="What each replica may have."
          allowDeselect={false}
          disabled={disabled}
          data={known.tiers.map((each) => ({ value: each.name, label: `${tierWords(each)}${each.may_use ? "" : " · you may not use it"}`, disabled: !each.may_use }))}
          value={choices.tier ?? (known.tiers.length ? "small" : null)}
          onChange={(name) => choose({ tier: name })}
        />
        <Select label="Goes live" description="Whether callers by name get this version." allowDeselect={false} disabled={disabled} data={LIVE} value={choices.release === null ? "first" : choices.release ? "yes" : "no"} onChange={(value) => choose({ release: value === "first" ? null : value === "yes" })} />
      </div>
      <div className="grid">
        <NumberInput label="Replicas, at least" description="0: a worker starts with the first call, and goes when nobody calls." min={0} max={1000} allowDecimal={false} disabled={disabled} value={choices.min_replicas ?? 0} onChange={(value) => choose({ min_replicas: typeof value === "number" ? value : null })} />
        <NumberInput label="Replicas, at most" description={costWords(tier, most) || `As many as ${counted(most, "replica")} answer at a time.`} error={faults.replicas} min={1} max={1000} allowDecimal={false} disabled={disabled} value={most} onChange={(value) => choose({ max_replicas: typeof value === "number" ? value : null })} />
      </div>
    </div>
  );
}

function ModelFile({ draft: { items, choices }, fault, disabled }: { draft: Draft; fault?: string; disabled: boolean }) {
  const kind = kindOf(items);
  if (kind === "recipe" || kind === "mlflow" || items.length < 2) return null;
  const models = modelsAmong(items);
  const rest = items.map(({ path }) => path).filter((path) => !models.includes(path) && !path.includes("/"));
  const examples = examplesAmong(items, choices.path);
  return (
    <div className="grid">
      <Select label="Model file" withAsterisk description="Python files and folders beside it go along; a requirements.txt is followed." error={fault} disabled={disabled} data={[...models, ...rest]} value={choices.path} onChange={(path) => choose({ path })} searchable={items.length > 8} />
      {examples.length > 0 && <Select label="Example" description="Rows that the model takes: they show its inputs, and the check predicts them." clearable disabled={disabled} data={examples} value={choices.example} onChange={(example) => choose({ example })} />}
    </div>
  );
}

/** Where the packages come from: an environment that is there, or what the files ask for, with a Python and packages named here. */
function PackagesOf({ draft: { choices }, known, project, disabled }: Pick<Props, "draft" | "known" | "project" | "disabled">) {
  return (
    <>
      <div className="grid">
        <Select
          label="Environment"
          description={choices.environment ? "The version has exactly this one; nothing is built." : "Packages are resolved, and the environment is built, or taken where there is an equal one."}
          allowDeselect={false}
          searchable={known.environments.length + known.named.length > 8}
          disabled={disabled}
          data={environmentChoices(known, project, choices.environment)}
          value={choices.environment ?? ASKED}
          onChange={(reference) => choose({ environment: reference || null })}
        />
        {!choices.environment && (
          <Select
            label="Python"
            description="Pickled models want the version that they were made with."
            allowDeselect={false}
            disabled={disabled}
            data={pythonChoices(known.pythons)}
            value={choices.python ?? ASKED}
            onChange={(python) => choose({ python: python || null })}
          />
        )}
      </div>
      {!choices.environment && (
        <Textarea
          label="Packages"
          description="One a line, where the files do not name them, or in their place. Empty: as the files say."
          placeholder={"scikit-learn==1.7.2\npandas>=2.2"}
          autosize
          minRows={2}
          maxRows={10}
          disabled={disabled}
          value={choices.requirements}
          onChange={(event) => choose({ requirements: event.currentTarget.value })}
        />
      )}
    </>
  );
}
