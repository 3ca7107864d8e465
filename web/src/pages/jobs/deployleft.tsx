/** The way from a job that succeeded to a version: its files, in the environment that they were made in. */
import { Button } from "@mantine/core";

import { useMay } from "~/api/permissions";
import type { JobDetail } from "~/api/schema";
import { PageLink } from "~/parts/link";

/** Files that say what a job came to, and are no part of a model. */
const FACTS = new Set(["results.json"]);

type Run = JobDetail["runs"][number];

/** The files of the last attempt that a version can be made of. */
export function filesLeft(runs: Pick<Run, "files">[]): Run["files"] {
  return (runs.at(-1)?.files ?? []).filter(({ path }) => !FACTS.has(path) && !path.endsWith(".ipynb"));
}

export function DeployLeft({ job, label }: { job: Pick<JobDetail, "id" | "state" | "project" | "runs" | "can_be_copied">; label: string }) {
  const may = useMay();
  if (job.state !== "succeeded" || !job.can_be_copied || filesLeft(job.runs).length === 0 || !may("model.deploy", { project: job.project })) return null;
  return (
    <Button component={PageLink} href={`/deploy?job=${encodeURIComponent(job.id)}`}>
      {label}
    </Button>
  );
}
