/** A small line: how far a column was from its reference over time, with the threshold. */
import { sparkPoints, THRESHOLD } from "./series";

const WIDTH = 120;
const HEIGHT = 24;

export function Spark({ of, label }: { of: (number | null)[]; label: string }) {
  const known = of.filter((value) => value !== null);
  if (known.length === 0) return <span className="muted">–</span>;
  const threshold = (1 - THRESHOLD) * HEIGHT;
  const points = sparkPoints(of, WIDTH, HEIGHT);
  return (
    <svg width={WIDTH} height={HEIGHT} role="img" aria-label={`${label}: last ${known.at(-1)!.toFixed(2)}, greatest ${Math.max(...known).toFixed(2)}`} style={{ display: "block", overflow: "visible" }}>
      <line x1={0} x2={WIDTH} y1={threshold} y2={threshold} stroke="var(--line)" strokeDasharray="3 3" />
      {known.length === 1 ? (
        <circle cx={Number(points.split(",")[0])} cy={Number(points.split(",")[1])} r={2} fill="var(--mantine-color-anchor)" />
      ) : (
        <polyline points={points} fill="none" stroke="var(--mantine-color-anchor)" strokeWidth={1.5} strokeLinejoin="round" />
      )}
    </svg>
  );
}
