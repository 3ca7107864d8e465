/** Making environments: a new name, or the next version of one; the build is watched on its own page. */
import { Button, Modal } from "@mantine/core";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import type { NamedEnvironmentDetail } from "~/api/schema";
import { useProject } from "~/app/project";
import { path, useGo } from "~/parts/link";
import { SchemaForm, type Values } from "~/parts/schemaform";
import { requirementsOf } from "./words";

const MOST = 1_000;
const NOTHING = "";
const CURATED = " curated";
const PACKAGES = { kind: "long", name: "packages", label: "Packages", placeholder: "pandas>=2\nscikit-learn", description: "One a line, with the versions that are wanted." } as const;
const NOTES = { kind: "text", name: "notes", label: "Notes on the version" } as const;

/** Begin a build and go to its page. */
function useBuild() {
  const go = useGo();
  return async (wanted: { name: string; values: Values; base?: string; project?: string; curated?: boolean }) => {
    const { id } = await answerOf(
      client.POST("/api/v1/environments/builds", {
        body: {
          name: wanted.name, base: wanted.base ?? "", project: wanted.project ?? null, curated: wanted.curated ?? false, requirements: requirementsOf(String(wanted.values.packages ?? "")),
          notes: String(wanted.values.notes ?? ""), python: String(wanted.values.python ?? ""), lock: String(wanted.values.lock ?? ""), constraints: [], version: String(wanted.values.version ?? ""), file: "",
        },
      }),
    );
    await askAnew("/api/v1/environments");
    go(path`/environments/builds/${id}`);
  };
}

/** The button for a new named environment, for those who may make one somewhere. */
export function Make() {
  const may = useMay();
  const [project] = useProject();
  const [opened, setOpened] = useState(false);
  const build = useBuild();
  const curates = may("environments.manage", { installation: true });
  const names = $api.useQuery("get", "/api/v1/environments/names", { params: { query: { limit: MOST } } }, { enabled: opened });
  const projects = $api.useQuery("get", "/api/v1/projects", { params: { query: { limit: MOST } } }, { enabled: opened });
  if (!may("environments.build")) return null;
  const bases = (names.data?.environments ?? []).flatMap(({ latest }) => (latest ? [latest.reference] : []));
  const mine = (projects.data?.projects ?? []).map((each) => each.name).filter((name) => may("environments.build", { project: name }));
  const owners = [...mine.map((name) => ({ value: name, label: `the project ${name}` })), ...(curates ? [{ value: CURATED, label: "the installation, for everybody" }] : [])];
  const first = mine.includes(project) ? project : (owners[0]?.value ?? NOTHING);
  return (
    <>
      <Button onClick={() => setOpened(true)}>Make an environment</Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title="Make an environment" size="lg" centered closeButtonProps={{ "aria-label": "Close" }}>
        {names.data && projects.data && (
          <SchemaForm
            fields={[
              { kind: "text", name: "name", label: "Name", required: true },
              { kind: "choice", name: "owner", label: "Belongs to", options: owners, required: true },
              { kind: "choice", name: "base", label: "Begins with", options: [{ value: NOTHING, label: "nothing" }, ...bases] },
              PACKAGES,
              { kind: "text", name: "python", label: "Python", placeholder: "3.11", description: "Leave empty for that of what it begins with, or the server's." },
              { kind: "text", name: "version", label: "A model's version", placeholder: "credit-score:7", description: "To take its very environment, instead of the above." },
              { kind: "long", name: "lock", label: "A lock", description: "The text of a pylock.toml, taken as it is, instead of the above. Files of other tools: unshelf environments create NAME --from FILE." },
              NOTES,
            ]}
            initial={{ owner: first, base: (names.data.environments.find((each) => each.is_default)?.latest?.reference ?? NOTHING) }}
            submit="Make the environment"
            onCancel={() => setOpened(false)}
            onSubmit={(values) => {
              const owner = String(values.owner ?? "");
              const isAlone = Boolean(values.lock || values.version);
              return build({ name: String(values.name), values, base: isAlone ? "" : String(values.base ?? ""), project: owner === CURATED ? undefined : owner, curated: owner === CURATED });
            }}
          />
        )}
      </Modal>
    </>
  );
}

/** The form that adds packages to what a named environment has, as its next version. */
export function AddPackages({ named }: { named: NamedEnvironmentDetail }) {
  const build = useBuild();
  return (
    <SchemaForm
      fields={[{ ...PACKAGES, required: true, description: "Everything it has stays at its version; one that is named here again takes the place of the one that was there." }, NOTES]}
      submit={`Add to ${named.name}`}
      onSubmit={(values) => build({ name: named.name, values, base: named.latest?.reference })}
    />
  );
}

/** The form that begins an environment of a project with a curated one. */
export function Extend({ named, projects }: { named: NamedEnvironmentDetail; projects: string[] }) {
  const build = useBuild();
  const [project] = useProject();
  return (
    <SchemaForm
      fields={[
        { kind: "choice", name: "project", label: "Project", options: projects, required: true },
        { kind: "text", name: "name", label: "Name of the project's environment", required: true },
        { ...PACKAGES, required: true, description: `Beside everything that ${named.name} has, at its versions.` },
        NOTES,
      ]}
      initial={{ project: projects.includes(project) ? project : (projects[0] ?? "") }}
      submit="Make the project's environment"
      onSubmit={(values) => build({ name: String(values.name), values, base: named.latest?.reference, project: String(values.project) })}
    />
  );
}
