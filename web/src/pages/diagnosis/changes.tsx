/** What was changed, before and in the time of a problem; and a diagnosis in sentences. */
import { useState } from "react";

import type { ModelChangeView } from "~/api/schema";
import { Card } from "~/parts/page";
import { personName } from "~/parts/subject";
import { Timeline, type Happening } from "~/parts/timeline";
import { KINDS, stateOfChange } from "./words";

const SHOWN = 8;

export function Changes({ of, since }: { of: ModelChangeView[]; since: string }) {
  const [all, setAll] = useState(false);
  const happened: Happening[] = of.toReversed().map(({ time, say, by, kind, action }, place) => ({ id: `${time} ${action} ${place}`, time, what: say, by: `${KINDS[kind]}${by ? `, ${personName(by)}` : ""}`, state: stateOfChange({ kind }) }));
  const before = of.filter(({ time, kind }) => kind !== "alert" && time <= since).length;
  return (
    <Card title="What changed" aside={<span className="small muted">{before} before the time that is looked at</span>}>
      {happened.length === 0 ? (
        <p className="muted" style={{ margin: 0 }}>Nothing of the model or its data was changed since two weeks before: look at what callers send.</p>
      ) : (
        <>
          <Timeline of={all ? happened : happened.slice(0, SHOWN)} label="What changed" />
          {happened.length > SHOWN && (
            <button type="button" className="link-button small" onClick={() => setAll(!all)}>
              {all ? "Only the last" : `${happened.length - SHOWN} more`}
            </button>
          )}
        </>
      )}
    </Card>
  );
}

export function Sentences({ of, bare = false }: { of: string[]; bare?: boolean }) {
  const [first, ...others] = of;
  const said = (
    <>
      <p style={{ margin: 0, fontSize: bare ? 14 : 16, fontWeight: 600 }}>{first}</p>
      {others.map((sentence) => <p key={sentence} className="prose" style={{ margin: "4px 0 0" }}>{sentence}</p>)}
    </>
  );
  return bare ? <div style={{ marginBottom: 12 }}>{said}</div> : <section className="card" aria-label="In words">{said}</section>;
}
