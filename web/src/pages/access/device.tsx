/** Letting a program in that shows a code, such as `unshelf login` on another machine. */
import { useState } from "react";

import { answerOf, client } from "~/api/client";
import { Page } from "~/parts/page";
import { SchemaForm } from "~/parts/schemaform";

export function DevicePage() {
  const [name, setName] = useState<string>();
  return (
    <Page title="Let a program in" says="A program that you started shows a code. It acts as you from then on.">
      <div className="card" style={{ maxWidth: 420 }}>
        {name !== undefined ? (
          <p style={{ margin: 0 }}>{name || "The program"} is logged in. You can close this page; the token is listed in your profile.</p>
        ) : (
          <SchemaForm
            fields={[{ kind: "text", name: "user_code", label: "The code that it shows", required: true }]}
            submit="Let it in"
            onSubmit={async (values) => {
              const let_in = await answerOf(client.POST("/api/v1/device", { body: { user_code: String(values.user_code).trim() } }));
              setName(let_in.name);
            }}
          />
        )}
      </div>
    </Page>
  );
}
