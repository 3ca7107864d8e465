/** The page of an app in a frame: nothing around it, and plain words where its token opens nothing any more. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { isProblem, problemOf } from "~/api/problem";
import type { AppForm as Form, AppReply } from "~/api/schema";
import { Waiting } from "~/parts/placeholders";
import type { Row } from "../tries/fields";
import { beginning } from "./fields";
import { AppForm } from "./form";

export function EmbeddedApp({ name, token }: { name: string; token: string }) {
  const address = `/api/v1/embedded-apps/${encodeURIComponent(name)}`;
  const form = useQuery({
    queryKey: ["embedded", name],
    queryFn: ({ signal }) => asked<Form>(address, token, { signal }),
    retry: (failures, error) => failures < 3 && !isProblem(error),
    staleTime: Infinity,
    refetchOnWindowFocus: false,
  });
  if (form.error) return <Closed error={form.error} />;
  if (!form.data) return <Waiting lines={4} />;
  return <Opened form={form.data} ask={(inputs, signal) => asked<AppReply>(`${address}/ask`, token, { signal, method: "POST", body: JSON.stringify({ inputs }) })} />;
}

function Opened({ form, ask }: { form: Form; ask: (inputs: Record<string, unknown>, signal: AbortSignal) => Promise<AppReply> }) {
  const [row, setRow] = useState<Row>(() => beginning(form.inputs));
  useEffect(() => {
    document.title = form.title;
  }, [form.title]);
  return (
    <main style={{ padding: 16, maxWidth: 960, margin: "0 auto" }}>
      <h1 style={{ margin: "0 0 8px", fontSize: 20, overflowWrap: "anywhere" }}>{form.title}</h1>
      <AppForm form={form} row={row} onRow={setRow} ask={ask} version={0} />
    </main>
  );
}

function Closed({ error }: { error: unknown }) {
  const problem = problemOf(error);
  return (
    <main style={{ padding: 16 }}>
      <h1 style={{ margin: "0 0 8px", fontSize: 20 }}>This app is closed here</h1>
      <p role="alert" className="prose">{problem.detail}</p>
      {problem.hint && <p className="muted prose">{problem.hint}</p>}
    </main>
  );
}

async function asked<T>(address: string, token: string, how: RequestInit): Promise<T> {
  const headers = { Authorization: `Bearer ${token}`, ...(how.body ? { "Content-Type": "application/json" } : {}) };
  const answer = await fetch(new URL(address, location.href), { ...how, headers, credentials: "omit", referrerPolicy: "no-referrer" });
  const said: unknown = await answer.json();
  if (!answer.ok) throw said;
  return said as T;
}
