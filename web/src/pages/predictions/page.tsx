/** Predictions: of one model, or of all that one may read. */
import { useParams } from "@tanstack/react-router";

import { path } from "~/parts/link";
import { Page, PageTabs } from "~/parts/page";
import { useView } from "~/parts/view";
import { List } from "./list";
import { Sql } from "./sql";

export function PredictionsPage() {
  const { ref = "" } = useParams({ strict: false }) as { ref?: string };
  const model = ref.replace(/[:@].*$/, "");
  const [view, setView] = useView({ tab: "list" });
  return (
    <Page
      title={model ? `Predictions of ${model}` : "Predictions"}
      within={model ? [["Models", "/models"], [model, path`/models/${model}`]] : []}
      says="Each prediction is recorded before it is answered: what was asked, by whom, and what came out."
    >
      <PageTabs
        chosen={view.tab}
        choose={(tab) => setView({ tab })}
        tabs={[
          { name: "list", label: "List", content: () => <List key={model} model={model} /> },
          { name: "sql", label: "SQL", content: () => <Sql key={model} model={model} /> },
        ]}
      />
    </Page>
  );
}
