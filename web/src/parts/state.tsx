/** The four states, always with an icon and a word beside the colour. */
import { Check, CircleHelp, CircleX, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";

export type State = "ok" | "attention" | "failing" | "unknown";

const ICONS = { ok: Check, attention: TriangleAlert, failing: CircleX, unknown: CircleHelp };

export function StateWord({ state, children }: { state: State; children: ReactNode }) {
  const Icon = ICONS[state];
  return (
    <span className="state" data-state={state}>
      <Icon size={12} aria-hidden />
      {children}
    </span>
  );
}

/** A word without a state, such as a role or a tag. */
export function Word({ children }: { children: ReactNode }) {
  return (
    <span className="state" data-state="unknown" style={{ paddingLeft: 8 }}>
      {children}
    </span>
  );
}
