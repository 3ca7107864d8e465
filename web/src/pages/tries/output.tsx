/** An answer as people read it: a number, a word, scores as bars, an image, else JSON. */
import { useComputedColorScheme } from "@mantine/core";

import { SERIES } from "~/app/theme";
import { Code } from "~/parts/copy";
import { Figure, figure } from "~/parts/figures";
import { imageAddress } from "./input";

const MOST_BARS = 20;

export function Output({ of, names = [] }: { of: unknown; names?: string[] }) {
  const image = imageAddress(of);
  if (image) return <img src={image} alt="The answer" style={{ maxWidth: "100%", maxHeight: 320, borderRadius: 6 }} />;
  if (of === null || of === undefined) return <Large>nothing</Large>;
  if (typeof of === "number") return <Large><Figure value={of} /></Large>;
  if (typeof of === "boolean") return <Large>{of ? "yes" : "no"}</Large>;
  if (typeof of === "string") return of.length > 24 ? <p className="prose" style={{ margin: 0, whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{of}</p> : <Large>{of}</Large>;
  if (Array.isArray(of)) {
    const isShort = of.length > 0 && of.length <= MOST_BARS && of.every((each) => typeof each === "number");
    return isShort ? <Bars of={of.map((value: number, place) => [names[place] ?? String(place), value])} /> : <Code text={JSON.stringify(of, null, 1).slice(0, 20_000)} />;
  }
  const entries = Object.entries(of);
  const isScores = entries.length > 1 && entries.length <= MOST_BARS && entries.every(([, value]) => typeof value === "number");
  if (isScores) return <Bars of={entries as [string, number][]} />;
  return (
    <div className="stack" style={{ gap: 12 }}>
      {entries.map(([name, value]) => (
        <div key={name}>
          <div className="small muted" style={{ overflowWrap: "anywhere" }}>{name}</div>
          <Output of={value} />
        </div>
      ))}
    </div>
  );
}

function Large({ children }: { children: React.ReactNode }) {
  return <div style={{ fontSize: 28, fontWeight: 600, lineHeight: 1.2, overflowWrap: "anywhere" }}>{children}</div>;
}

function Bars({ of }: { of: [string, number][] }) {
  const scheme = useComputedColorScheme("light");
  const isShare = of.every(([, value]) => value >= 0 && value <= 1);
  const most = isShare ? 1 : Math.max(...of.map(([, value]) => Math.abs(value)), Number.MIN_VALUE);
  const sorted = isShare ? [...of].sort((one, other) => other[1] - one[1]) : of;
  return (
    <ul className="list" aria-label="Scores">
      {sorted.map(([name, value]) => (
        <li key={name} style={{ padding: "4px 0", border: 0 }}>
          <div className="row spread" style={{ flexWrap: "nowrap" }}>
            <span style={{ overflowWrap: "anywhere" }}>{name}</span>
            <span title={String(value)}>{figure(value)}</span>
          </div>
          <div aria-hidden style={{ height: 6, borderRadius: 3, background: "var(--hover)" }}>
            <div style={{ height: 6, borderRadius: 3, width: `${(Math.abs(value) / most) * 100}%`, background: SERIES[scheme][0] }} />
          </div>
        </li>
      ))}
    </ul>
  );
}
