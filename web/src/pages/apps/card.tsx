/** Apps of a project, of a model, or all, where other pages show them. Nothing where one may use none. */
import { $api } from "~/api/client";
import { useMay } from "~/api/permissions";
import { PageLink, path } from "~/parts/link";
import { Card } from "~/parts/page";

const SHOWN = 8;

export function AppsCard({ project, model }: { project?: string; model?: string }) {
  const may = useMay();
  const answer = $api.useQuery("get", "/api/v1/apps", { params: { query: { project: project || undefined, model: model || undefined, limit: SHOWN } } }, { enabled: may("apps.use") });
  if (!answer.data?.apps.length) return null;
  return (
    <Card title="Apps" aside={<PageLink href="/apps">All apps</PageLink>}>
      <ul className="list">
        {answer.data.apps.map((app) => (
          <li key={app.name} style={{ overflowWrap: "anywhere" }}>
            <PageLink href={path`/apps/${app.name}`}>{app.title}</PageLink>
            {!model && <span className="small muted"> · asks {app.model}</span>}
          </li>
        ))}
      </ul>
    </Card>
  );
}
