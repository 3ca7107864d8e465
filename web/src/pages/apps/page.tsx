/** An app, as people use it. */
import { useParams } from "@tanstack/react-router";

import { $api, answerOf, client } from "~/api/client";
import type { AppDetail } from "~/api/schema";
import { PageLink, path } from "~/parts/link";
import { Page } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { useView } from "~/parts/view";
import { rowOf, textOf } from "../tries/scenario";
import { useShown } from "../tries/shown";
import { beginning, fieldOf } from "./fields";
import { AppForm } from "./form";

export function AppPage() {
  const { name } = useParams({ strict: false }) as { name: string };
  const answer = $api.useQuery("get", "/api/v1/apps/{name}", { params: { path: { name } } });
  return (
    <Page
      title={answer.data?.title ?? name}
      within={[["Apps", "/apps"]]}
      actions={
        answer.data?.may_manage && (
          <PageLink className="button-link" href={path`/apps/${name}/edit`}>
            Change the app
          </PageLink>
        )
      }
    >
      <Answer of={answer} lines={8}>
        {(app) => <Used key={app.version} app={app} />}
      </Answer>
    </Page>
  );
}

function Used({ app }: { app: AppDetail }) {
  const [view, setView] = useView({ inputs: "" });
  const fields = app.form.inputs.map(fieldOf);
  const [row, setRow] = useShown(
    view.inputs,
    (text) => rowOf(text, fields, beginning(app.form.inputs)),
    (next) => {
      const { text } = textOf(next);
      setView({ inputs: text });
      return text;
    },
    [app.version],
  );
  const ask = (inputs: Record<string, unknown>, signal: AbortSignal) => answerOf(client.POST("/api/v1/apps/{name}/ask", { params: { path: { name: app.name } }, body: { inputs }, signal }));
  return <AppForm form={app.form} row={row} onRow={setRow} ask={ask} version={app.version} />;
}
