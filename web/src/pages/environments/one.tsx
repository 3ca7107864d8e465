/** One environment by its hash, or by a version of a model: packages, names, users, lock. */
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";

import { $api, answerOf, client } from "~/api/client";
import { Code } from "~/parts/copy";
import { counted } from "~/parts/figures";
import { Card, Page, PageTabs, type Tab } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { useView } from "~/parts/view";
import { PackageTable } from "./packages";
import { Export, Using } from "./using";

export function EnvironmentPage() {
  const { ref } = useParams({ strict: false }) as { ref: string };
  const [view, setView] = useView({ tab: "packages" });
  const answer = $api.useQuery("get", "/api/v1/environments/{ref}", { params: { path: { ref } } });
  const environment = answer.data;
  const shown = ref.length > 20 ? ref.slice(0, 12) : ref;
  return (
    <Page
      title={`Environment ${shown}`}
      within={[["Environments", "/environments"]]}
      says={environment && (environment.warning ? <StateWord state="attention">{environment.warning}</StateWord> : `Python ${environment.python} and ${counted(environment.packages.length, "package")}, used by ${counted(environment.used_by.length, "thing")}.`)}
      actions={environment && <Export reference={environment.reference} />}
    >
      <Answer of={answer} lines={10}>
        {(found) => {
          const tabs: Tab[] = [
            { name: "packages", label: "Packages", content: () => <PackageTable packages={found.packages} /> },
            { name: "uses", label: `About it (${found.used_by.length})`, content: () => <Using environment={found} /> },
            { name: "lock", label: "Lock", content: () => <Lock reference={found.hash} /> },
          ];
          return <PageTabs tabs={tabs} chosen={view.tab} choose={(tab) => setView({ tab })} />;
        }}
      </Answer>
    </Page>
  );
}

export function Lock({ reference }: { reference: string }) {
  const answer = useQuery({
    queryKey: ["lock", reference],
    staleTime: Infinity,
    queryFn: async ({ signal }) => String(await answerOf(client.GET("/api/v1/environments/{ref}/lock", { params: { path: { ref: reference } }, parseAs: "text", signal }))),
  });
  return (
    <Card title="pylock.toml">
      <Answer of={answer} lines={12}>
        {(lock) => <Code text={lock} what="Copy the lock" />}
      </Answer>
    </Card>
  );
}
