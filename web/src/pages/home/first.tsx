/** First steps on an empty installation: deploy from here, a sample model by one click, or three ways by commands that carry the right address. */
import { answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { Action } from "~/parts/action";
import { Code } from "~/parts/copy";
import { PageLink, path, useGo } from "~/parts/link";
import { Card } from "~/parts/page";

export function FirstSteps() {
  const may = useMay();
  const go = useGo();
  const address = location.origin;
  const isHere = ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);
  const login = isHere ? "" : `unshelf login ${address}\n`;
  return (
    <Card title="First steps: from a model to an endpoint">
      <p className="muted prose" style={{ marginTop: 0 }}>
        Nothing is deployed yet. Each of these makes a live, versioned endpoint; it appears here as it happens.
      </p>
      {may("model.deploy") && (
        <div className="grid" style={{ marginBottom: 24 }}>
          <section>
            <h3 style={{ margin: "0 0 4px", fontSize: 14 }}>From this page</h3>
            <p className="muted small" style={{ margin: "0 0 12px" }}>
              Drop a model file, a folder or an MLflow model folder, and watch it go live.
            </p>
            <PageLink className="button-link button-link-first" href="/deploy">
              Deploy a model
            </PageLink>
          </section>
          <section>
            <h3 style={{ margin: "0 0 4px", fontSize: 14 }}>A sample model</h3>
            <p className="muted small" style={{ margin: "0 0 12px" }}>
              Which iris a flower is, by four sizes. It is live in seconds.
            </p>
            <Action
              label="Deploy the sample model"
              act={() => answerOf(client.POST("/api/v1/deploys/sample", { body: {} })).then(({ id }) => go(path`/deploys/${id}`))}
            />
          </section>
        </div>
      )}
      <h3 style={{ margin: "0 0 8px", fontSize: 14 }}>By a command</h3>
      <div className="grid">
        <section>
          <h4 style={{ margin: "0 0 8px", fontSize: 14, fontWeight: 500 }}>A model in a notebook</h4>
          <Code text={`import unshelf\n\nunshelf.deploy(model, name="iris", example=X[:5]${isHere ? "" : `,\n               url="${address}"`})`} />
        </section>
        <section>
          <h4 style={{ margin: "0 0 8px", fontSize: 14, fontWeight: 500 }}>A model file, or a folder</h4>
          <Code text={`pip install unshelf\n${login}unshelf deploy model.skops --name iris --example example.json`} />
        </section>
        <section>
          <h4 style={{ margin: "0 0 8px", fontSize: 14, fontWeight: 500 }}>A company to look around in</h4>
          <Code text={`pip install "unshelf[demo]"\n${login}unshelf demo --full`} />
        </section>
      </div>
    </Card>
  );
}
