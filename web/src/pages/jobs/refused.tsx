/** Connections that the last attempt was refused, with the way to grant them: a copy of the job that may connect there. */
import { answerOf, client } from "~/api/client";
import { askAnew } from "~/api/queries";
import type { JobDetail } from "~/api/schema";
import { Action } from "~/parts/action";
import { Code } from "~/parts/copy";
import { counted } from "~/parts/figures";
import { path, useGo } from "~/parts/link";
import { Card } from "~/parts/page";

const BY_POLICY = "the operator's policy";
const PLACE = /^[^*\s]+:\d+$/;

/** The places among those that were refused which a copy could be granted: those of the last attempt, without what the operator rules out. */
export function grantable(runs: Pick<JobDetail["runs"][number], "refused">[]): string[] {
  return (runs.at(-1)?.refused ?? []).filter(({ place, reason }) => PLACE.test(place) && !reason.startsWith(BY_POLICY)).map(({ place }) => place);
}

export function RefusedPlaces({ job }: { job: JobDetail }) {
  const go = useGo();
  const refused = job.runs.at(-1)?.refused ?? [];
  if (refused.length === 0) return null;
  const places = grantable(job.runs);
  const allow = [...new Set([...(job.network.allow ?? []), ...places])];
  return (
    <Card title="Connections that it was refused">
      <ul className="list" aria-label="Refused connections">
        {refused.map(({ place, reason, count }) => (
          <li key={`${place} ${reason}`}>
            <span className="mono">{place}</span>, {counted(count, "time")}
            {reason && <span className="muted">: {reason}</span>}
          </li>
        ))}
      </ul>
      {places.length === 0 ? (
        <p className="muted" style={{ marginBottom: 0 }}>Ask the operator to let it be reached, in UNSHELF_EGRESS_ALLOW.</p>
      ) : (
        <>
          <p>If its code means to connect there, run it again with that granted. If not, find out what in its code or packages does.</p>
          {job.can_be_copied && (
            <div className="row">
              <Action
                label={`Run it again with ${counted(places.length, "place")} granted`}
                permission="jobs.run"
                on={{ project: job.project }}
                act={async () => {
                  const { ids } = await answerOf(client.POST("/api/v1/jobs/{id}/clone", { params: { path: { id: job.id } }, body: { network: { access: "none", allow } } as never }));
                  await askAnew("/api/v1/jobs");
                  go(path`/jobs/${ids[0]!}`);
                }}
              />
            </div>
          )}
          <Code text={`unshelf jobs clone ${job.id} ${allow.map((place) => `--network ${place}`).join(" ")}`} />
        </>
      )}
    </Card>
  );
}
