/** First steps on an empty installation: three ways to a live model, with commands that carry the right address. */
import { Code } from "~/parts/copy";
import { Card } from "~/parts/page";

export function FirstSteps() {
  const address = location.origin;
  const isHere = ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);
  const login = isHere ? "" : `unshelf login ${address}\n`;
  return (
    <Card title="First steps: from a model to an endpoint">
      <p className="muted prose" style={{ marginTop: 0 }}>
        Nothing is deployed yet. Each of these makes a live, versioned endpoint; it appears here as it happens.
      </p>
      <div className="grid">
        <section>
          <h3 style={{ margin: "0 0 8px", fontSize: 14 }}>A model in a notebook</h3>
          <Code text={`import unshelf\n\nunshelf.deploy(model, name="iris", example=X[:5])`} />
        </section>
        <section>
          <h3 style={{ margin: "0 0 8px", fontSize: 14 }}>A model file, or a folder</h3>
          <Code text={`pip install unshelf\n${login}unshelf deploy model.skops --name iris --example example.json`} />
        </section>
        <section>
          <h3 style={{ margin: "0 0 8px", fontSize: 14 }}>A company to look around in</h3>
          <Code text={`pip install "unshelf[demo]"\n${login}unshelf demo --full`} />
        </section>
      </div>
    </Card>
  );
}
