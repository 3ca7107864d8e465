/** The project that lists are narrowed to. It is remembered on this machine, and stands in the address of a list. */
import { Select } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";

import { $api } from "~/api/client";
import { useMay } from "~/api/permissions";

/** The chosen project; empty: all that one may see. */
export function useProject(): [string, (project: string) => void] {
  const [project, choose] = useLocalStorage<string>({ key: "unshelf-project", defaultValue: "", getInitialValueInEffect: false });
  return [project, choose];
}

const MOST = 500;

export function ProjectSwitcher() {
  const may = useMay();
  const [project, choose] = useProject();
  const answer = $api.useQuery("get", "/api/v1/projects", { params: { query: { limit: MOST } } }, { enabled: may("project.read") });
  const projects = answer.data?.projects ?? [];
  if (projects.length < 2) return null;
  const known = projects.some(({ name }) => name === project) ? project : "";
  return (
    <Select
      aria-label="Project"
      size="xs"
      w={180}
      visibleFrom="sm"
      allowDeselect={false}
      searchable={projects.length > 8}
      value={known}
      data={[{ value: "", label: "All projects" }, ...projects.map(({ name, title }) => ({ value: name, label: title || name }))]}
      onChange={(value) => choose(value ?? "")}
    />
  );
}
