/** The apps that one may use. */
import { $api } from "~/api/client";
import { useMay } from "~/api/permissions";
import { useProject } from "~/app/project";
import { path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Page } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { DataTable } from "~/parts/table";
import { Person } from "~/parts/subject";

const MOST = 1_000;

export function AppsPage() {
  const [project] = useProject();
  const may = useMay();
  const answer = $api.useQuery("get", "/api/v1/apps", { params: { query: { limit: MOST, project: project || undefined } } });
  return (
    <Page title="Apps" says="Ask a model in plain words.">
      <Answer of={answer} lines={6}>
        {({ apps }) =>
          apps.length === 0 ? (
            <Empty title="There is no app that you may use">
              <p>{may("apps.manage") ? "Open a model, try it out, and make an app of it: the form with words of your own, for people who use nothing else here." : "Ask who sent you here for the role app-user."}</p>
            </Empty>
          ) : (
            <DataTable
              label="Apps"
              noun={["app", "apps"]}
              rows={apps}
              keyOf={({ name }) => name}
              hrefOf={({ name }) => path`/apps/${name}`}
              columns={[
                { name: "title", header: "App", cell: ({ title }) => title },
                { name: "model", header: "Asks", cell: ({ model }) => model },
                { name: "owner", header: "Kept by", cell: ({ owner }) => <Person actor={owner} /> },
                { name: "changed", header: "Changed", cell: ({ changed_at }) => <Moment time={changed_at} /> },
              ]}
            />
          )
        }
      </Answer>
    </Page>
  );
}
