/** A job from a git repository: first where the code is, then which of it runs, on what and with what. */
import { Button, Modal } from "@mantine/core";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import { useProject } from "~/app/project";
import { path, useGo } from "~/parts/link";
import { SchemaForm } from "~/parts/schemaform";
import { parametersOf, tierWords, useDatasets, useEnvironments } from "./again";

interface Found {
  project: string;
  url: string;
  secret: string;
  refs: { value: string; label: string }[];
  chosen: string;
}

const MOST = 500;

/** The variable in which a program finds a dataset. */
export function variableOf(name: string): string {
  return `UNSHELF_DATA_${name.toUpperCase().replace(/[^A-Z0-9]+/g, "_")}`;
}

export function RunFromGit() {
  const [opened, setOpened] = useState(false);
  const may = useMay();
  if (!may("jobs.run")) return null;
  return (
    <>
      <Button onClick={() => setOpened(true)}>Run from git</Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title="Run code of a git repository" size="lg" closeButtonProps={{ "aria-label": "Close" }}>
        <Steps close={() => setOpened(false)} />
      </Modal>
    </>
  );
}

function Steps({ close }: { close: () => void }) {
  const [found, setFound] = useState<Found>();
  return found ? <What found={found} close={close} /> : <Where close={close} done={setFound} />;
}

function Where({ close, done }: { close: () => void; done: (found: Found) => void }) {
  const may = useMay();
  const [project] = useProject();
  const projects = $api.useQuery("get", "/api/v1/projects", { params: { query: { limit: MOST } } }).data?.projects;
  if (!projects) return null;
  const names = projects.map(({ name }) => name).filter((name) => may("jobs.run", { project: name }));
  return (
    <SchemaForm
      key="where"
      fields={[
        { kind: "choice", name: "project", label: "Project", required: true, options: names },
        { kind: "text", name: "url", label: "Repository", required: true, placeholder: "https://git.example.org/team/training.git", description: "Its address, without credentials." },
        { kind: "text", name: "secret", label: "Secret", description: "The project's secret with a token for it, by name. Leave empty for a public repository." },
      ]}
      initial={{ project: names.includes(project) ? project : (names[0] ?? null), url: "", secret: "" }}
      submit="Look into it"
      onCancel={close}
      onSubmit={async (values) => {
        const place = { project: String(values.project), url: String(values.url).trim(), secret: String(values.secret ?? "").trim() };
        const refs = await answerOf(client.POST("/api/v1/jobs/git/refs", { body: place }));
        const options = [...refs.branches.map((name) => ({ value: `refs/heads/${name}`, label: name })), ...refs.tags.map((name) => ({ value: `refs/tags/${name}`, label: `${name} (tag)` }))];
        done({ ...place, refs: options, chosen: refs.default ? `refs/heads/${refs.default}` : (options[0]?.value ?? "") });
      }}
    />
  );
}

function What({ found, close }: { found: Found; close: () => void }) {
  const go = useGo();
  const tiers = $api.useQuery("get", "/api/v1/tiers", { params: { query: { project: found.project } } }).data?.tiers;
  const environments = useEnvironments(found.project);
  const datasets = useDatasets(found.project);
  const [dataset, setDataset] = useState("");
  if (!tiers || !environments || !datasets) return null;
  return (
    <SchemaForm
      key="what"
      onChange={({ dataset: chosen }) => setDataset(String(chosen ?? ""))}
      fields={[
        { kind: "choice", name: "ref", label: "Branch or tag", required: true, options: found.refs },
        { kind: "text", name: "commit", label: "Commit", description: "The hash of a commit, in place of the newest of the branch." },
        { kind: "text", name: "script", label: "Script", required: true, placeholder: "train.py", description: "A Python file or a notebook, by its path in the repository, and arguments." },
        { kind: "choice", name: "tier", label: "Hardware", required: true, options: tiers.filter(({ may_use }) => may_use).map((tier) => ({ value: tier.name, label: tierWords(tier) })) },
        { kind: "choice", name: "environment", label: "Environment", options: environments, description: "Leave empty for the packages that the repository's own files ask for." },
        { kind: "choice", name: "dataset", label: "Data", options: datasets, description: dataset ? `Its path is in ${variableOf(dataset)}.` : "A dataset that it reads." },
        { kind: "long", name: "parameters", label: "Parameters, as JSON" },
      ]}
      initial={{ ref: found.chosen, commit: "", script: "", tier: "small", environment: null, dataset: null, parameters: "{}" }}
      submit="Run it"
      onCancel={close}
      onSubmit={async ({ ref, commit, script, tier, environment, dataset, parameters }) => {
        const name = String(dataset ?? "");
        const { ids } = await answerOf(
          client.POST("/api/v1/jobs", {
            body: {
              project: found.project,
              git: { url: found.url, secret: found.secret, ref: String(commit ?? "").trim() || String(ref) },
              command: String(script).trim().split(/\s+/),
              tier: String(tier),
              environment: environment ? String(environment) : null,
              inputs: name ? [{ reference: `data://${name}`, variable: variableOf(name) }] : [],
              parameters: parametersOf(String(parameters ?? "")),
            } as never,
          }),
        );
        await askAnew("/api/v1/jobs");
        close();
        go(path`/jobs/${ids[0]!}`);
      }}
    />
  );
}
