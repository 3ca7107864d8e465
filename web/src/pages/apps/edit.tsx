/** The page of those who make an app: the editor with a live preview, its versions, and who may embed it. */
import { useParams } from "@tanstack/react-router";

import { $api } from "~/api/client";
import { PageLink, path, useGo } from "~/parts/link";
import { Page, PageTabs } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { useView } from "~/parts/view";
import { Editor } from "./editor";
import { EmbeddingTab } from "./embedding";
import { HistoryTab } from "./history";

export function NewAppPage() {
  const { ref } = useParams({ strict: false }) as { ref: string };
  const model = ref.replace(/[:@].*$/, "");
  const go = useGo();
  const draft = $api.useQuery("post", "/api/v1/app-drafts", { body: { definition: { model: ref, title: `What does ${model} say?`.slice(0, 200) } } }, { staleTime: Infinity, refetchOnWindowFocus: false, retry: false });
  return (
    <Page title={`Make an app of ${model}`} within={[["Models", "/models"], [model, path`/models/${model}`]]} says="For people who use nothing else here: their words, their units, and an answer in a sentence.">
      <Answer of={draft} lines={10}>
        {({ definition }) => <Editor initial={definition} onSaved={(name) => go(path`/apps/${name}/edit`)} />}
      </Answer>
    </Page>
  );
}

export function EditAppPage() {
  const { name } = useParams({ strict: false }) as { name: string };
  const [view, setView] = useView({ tab: "editor" });
  const app = $api.useQuery("get", "/api/v1/apps/{name}", { params: { path: { name } } });
  const versions = $api.useQuery("get", "/api/v1/apps/{name}/versions", { params: { path: { name } } });
  return (
    <Page
      title={app.data?.title ?? name}
      within={[["Apps", "/apps"], [name, path`/apps/${name}`]]}
      says={app.data && `Version ${app.data.version}; it asks ${app.data.model} on the grant of ${app.data.owner.replace(/ \([0-9a-z]+\)$/, "")}.`}
      actions={
        <PageLink className="button-link" href={path`/apps/${name}`}>
          Open the app
        </PageLink>
      }
    >
      <Answer of={versions} lines={10}>
        {({ versions: all }) => (
          <PageTabs
            chosen={view.tab}
            choose={(tab) => setView({ tab })}
            tabs={[
              { name: "editor", label: "Editor", content: () => <Editor key={all[0]!.number} name={name} initial={all[0]!.definition} onSaved={() => undefined} /> },
              { name: "history", label: `Versions (${all[0]!.number})`, content: () => <HistoryTab name={name} versions={all} /> },
              { name: "embedding", label: "Embedding", content: () => <EmbeddingTab name={name} origins={all[0]!.definition.embed ?? []} /> },
            ]}
          />
        )}
      </Answer>
    </Page>
  );
}
