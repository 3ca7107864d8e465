/** A release as a picture: each version with its share, in the colour that it has everywhere. */
import { useComputedColorScheme } from "@mantine/core";

import { SERIES } from "~/app/theme";

interface Share {
  version: number;
  percent: number;
}

export function Shares({ of, compact = false }: { of: Share[]; compact?: boolean }) {
  const scheme = useComputedColorScheme("light");
  if (of.length === 0) return <span className="muted">none</span>;
  const words = of.map(({ version, percent }) => `version ${version}: ${percent} %`).join(", ");
  const colour = (version: number) => SERIES[scheme][(version - 1) % SERIES[scheme].length];
  return (
    <div title={words}>
      {!compact && (
        <div className="shares" role="img" aria-label={words}>
          {of.map(({ version, percent }) => (
            <span key={version} style={{ width: `${percent}%`, background: colour(version) }} />
          ))}
        </div>
      )}
      <div className="row" style={{ gap: 12, flexWrap: compact ? "nowrap" : "wrap", marginTop: compact ? 0 : 6 }}>
        {of.map(({ version, percent }) => (
          <span key={version} className="row" style={{ gap: 5, flexWrap: "nowrap", whiteSpace: "nowrap" }}>
            <span aria-hidden style={{ width: 10, height: 10, borderRadius: 3, background: colour(version) }} />
            {compact ? version : `Version ${version}`}
            <span className="muted">{percent} %</span>
          </span>
        ))}
      </div>
    </div>
  );
}
