/** The versions of an app: what changed, and the way back. */
import { useGo, path } from "~/parts/link";
import { answerOf, client } from "~/api/client";
import { askAnew } from "~/api/queries";
import type { AppVersionDetail } from "~/api/schema";
import { Action } from "~/parts/action";
import { Diff } from "~/parts/diff";
import { Moment } from "~/parts/moment";
import { Card } from "~/parts/page";
import { Person } from "~/parts/subject";

export function HistoryTab({ name, versions }: { name: string; versions: AppVersionDetail[] }) {
  const go = useGo();
  return (
    <div className="stack">
      {versions.map((version, place) => (
        <Card
          key={version.number}
          title={`Version ${version.number}`}
          aside={
            place > 0 && (
              <Action
                size="xs"
                label={`Go back to version ${version.number}`}
                before={<>People get it at once; the versions since then stay here.</>}
                act={() => answerOf(client.POST("/api/v1/apps/{name}/restore", { params: { path: { name } }, body: { version: version.number } })).then(() => askAnew("/api/v1/apps"))}
              />
            )
          }
        >
          <div className="small muted" style={{ marginBottom: 8 }}>
            <Person actor={version.created_by} />, <Moment time={version.created_at} />
            {version.restored !== null && `, back to version ${version.restored}`}
          </div>
          {versions[place + 1] && <Diff before={written(versions[place + 1]!)} after={written(version)} label={`Changes of version ${version.number}`} />}
        </Card>
      ))}
      <div>
        <Action label="Delete the app" color="red" typed={name} before={<>The app goes with all its versions and tokens, and pages that embed it show it no more.</>} act={() => answerOf(client.DELETE("/api/v1/apps/{name}", { params: { path: { name } } })).then(() => askAnew("/api/v1/apps")).then(() => go(path`/apps`))} />
      </div>
    </div>
  );
}

function written({ definition }: AppVersionDetail): string {
  return JSON.stringify(definition, null, 2);
}
