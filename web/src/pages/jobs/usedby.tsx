/** What became of a job: versions and data that were made of it, what starts it again, what it is the work of. */
import type { JobDetail } from "~/api/schema";
import { PageLink } from "~/parts/link";

type Use = JobDetail["used_by"][number];

const MOST = 50;

/** The scoring or bench whose own work the job is. */
export function owner(job: Pick<JobDetail, "used_by">): Use | undefined {
  return job.used_by.find(({ owns }) => owns);
}

export function UsedBy({ job }: { job: Pick<JobDetail, "used_by"> }) {
  if (job.used_by.length === 0) return <>–</>;
  return (
    <ul className="list" style={{ margin: 0 }}>
      {job.used_by.slice(0, MOST).map(({ kind, name, page }) => (
        <li key={`${kind} ${page} ${name}`}>
          {kind} <PageLink href={page}>{name}</PageLink>
        </li>
      ))}
      {job.used_by.length > MOST && <li className="muted">and {job.used_by.length - MOST} more</li>}
    </ul>
  );
}
