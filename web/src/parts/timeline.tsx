/** A timeline: what happened, the newest first. */
import type { ReactNode } from "react";

import { Moment } from "./moment";
import type { State } from "./state";

export interface Happening {
  id: string;
  time: string;
  what: ReactNode;
  by?: string;
  state?: State;
  note?: ReactNode;
}

export function Timeline({ of, label }: { of: Happening[]; label: string }) {
  return (
    <ol className="timeline" aria-label={label}>
      {of.map(({ id, time, what, by, state, note }) => (
        <li key={id} data-state={state}>
          <div style={{ overflowWrap: "anywhere" }}>{what}</div>
          <div className="small muted">
            {by ? `${by} · ` : ""}
            <Moment time={time} />
          </div>
          {note && <div className="small prose">{note}</div>}
        </li>
      ))}
    </ol>
  );
}
