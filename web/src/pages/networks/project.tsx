/** The networks of a project's models: what each version may reach, and what it was refused of late. */
import { useQueries } from "@tanstack/react-query";

import { $api } from "~/api/client";
import { PageLink, path } from "~/parts/link";
import { Card } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { Access, Granteds, Refused } from "./network";

export function NetworkTab({ project }: { project: string }) {
  const models = $api.useQuery("get", "/api/v1/models", { params: { query: { project } } });
  const names = models.data?.models.map(({ name }) => name) ?? [];
  const networks = useQueries({ queries: names.map((ref) => $api.queryOptions("get", "/api/v1/models/{ref}/network", { params: { path: { ref } } })) });
  const rows = networks.flatMap(({ data }) => (data?.versions ?? []).map((of) => ({ reference: `${data!.name}:${of.version}`, model: data!.name, of })));
  return (
    <Card title="Network">
      <p className="muted prose" style={{ marginTop: 0 }}>
        The code of a model connects to nothing but what it is granted. What it tried beyond that is listed, so that it can be granted here.
      </p>
      <Answer of={models} lines={3}>
        {() =>
          rows.length === 0 ? (
            <Empty title="No version may be inspected here">
              <p>Once a model is deployed, what its versions may reach stands here.</p>
            </Empty>
          ) : (
            <div className="table-frame" tabIndex={0} role="region" aria-label="Networks">
              <table className="table" aria-label="Networks">
                <thead>
                  <tr>
                    {["Version", "Access", "Granted", "Refused of late"].map((header) => (
                      <th key={header} scope="col">
                        {header}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {rows.map(({ reference, model, of }) => (
                    <tr key={reference}>
                      <td>
                        <PageLink href={path`/models/${reference}`}>{reference}</PageLink>
                      </td>
                      <td className="wrap"><Access of={of} /></td>
                      <td className="wrap"><Granteds reference={reference} place={{ model, project }} of={of} /></td>
                      <td className="wrap"><Refused reference={reference} place={{ model, project }} of={of} /></td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Answer>
    </Card>
  );
}
