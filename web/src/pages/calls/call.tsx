/** How to call a model: programs that carry its address and an example, and the web pages that may call it. */
import { SegmentedControl } from "@mantine/core";

import type { ModelDetail } from "~/api/schema";
import { Code } from "~/parts/copy";
import { PageLink } from "~/parts/link";
import { Card } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { useView } from "~/parts/view";
import { addressOf, operationOf, useDocument } from "./document";
import { Origins } from "./origins";
import { LANGUAGES, snippet, type Language } from "./snippets";

export function CallTab({ model }: { model: ModelDetail }) {
  const [view, setView] = useView({ language: "curl" });
  const answer = useDocument(model.name);
  const language = (LANGUAGES.find(({ value }) => value === view.language)?.value ?? "curl") as Language;
  return (
    <div className="stack">
      <Card title="How to call it" aside={<SegmentedControl size="xs" aria-label="Language" data={LANGUAGES} value={language} onChange={(value) => setView({ language: value })} />}>
        <p className="muted prose" style={{ marginTop: 0 }}>
          A caller sends a token as <code>UNSHELF_TOKEN</code>: a <PageLink href="/profile">personal token</PageLink> of somebody who may call the model, or an API key.
        </p>
        <Answer of={answer} lines={6}>
          {(document) => <Code text={snippet(language, addressOf(document, location.origin), model.name, operationOf(document)[1].requestBody.content["application/json"].example.inputs)} />}
        </Answer>
      </Card>
      <p className="muted small prose" style={{ margin: 0 }}>
        By its name the model answers with its release; <code>{model.name}:{model.version.version}</code> is that version for good. MLflow's scoring protocol is at <code>/models/{model.name}/invocations</code>, and the Open Inference Protocol at <code>/v2/models/{model.name}/infer</code>.
      </p>
      <Origins model={model} />
    </div>
  );
}
