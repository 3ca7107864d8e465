/** The trials of a sweep as lines across its parameters to what they reached: the better, the stronger. */
import { figure } from "~/parts/figures";
import type { TrialView } from "~/api/schema";
import { axesOf, placeOn, shownValue, type Axis } from "./coordinates";

const WIDTH = 900;
const HEIGHT = 260;
const SIDE = 60;
const TOP = 34;
const FOOT = 26;
const MOST = 500;

export function Parallel({ names, objective, trials, maximize }: { names: string[]; objective: string; trials: TrialView[]; maximize: boolean }) {
  const done = trials.filter(({ value }) => value !== null);
  // The best are drawn last, on top of the others.
  const ranked = [...done].sort((one, other) => (maximize ? one.value! - other.value! : other.value! - one.value!)).slice(-MOST);
  const rows = ranked.map(({ parameters, value }) => ({ ...parameters, [objective]: value }) as Record<string, unknown>);
  const axes = axesOf([...names, objective], rows);
  if (rows.length < 2) return <p className="muted">Lines appear once two trials have reached something.</p>;
  const across = (order: number) => SIDE + (order * (WIDTH - 2 * SIDE)) / Math.max(1, axes.length - 1);
  const up = (place: number) => HEIGHT - FOOT - place * (HEIGHT - TOP - FOOT);
  return (
    <figure style={{ margin: 0, overflowX: "auto" }} tabIndex={0}>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`Each of ${rows.length} trials as a line across ${names.join(", ")} to ${objective}`} style={{ width: "100%", minWidth: Math.min(WIDTH, axes.length * 130), height: "auto" }}>
        {rows.map((row, rank) => (
          <path key={ranked[rank]!.number} d={lineOf(axes, row, across, up)} fill="none" stroke="var(--mantine-color-anchor)" strokeWidth={rank === rows.length - 1 ? 2.5 : 1} strokeOpacity={rank === rows.length - 1 ? 1 : 0.12 + (0.5 * rank) / rows.length}>
            <title>{Object.entries(row).map(([name, value]) => `${name}: ${typeof value === "number" ? figure(value) : shownValue(value)}`).join(", ")}</title>
          </path>
        ))}
        {axes.map((axis, order) => (
          <g key={axis.name} fontSize={12} fill="var(--mantine-color-dimmed)" textAnchor="middle">
            <line x1={across(order)} x2={across(order)} y1={up(0)} y2={up(1)} stroke="var(--mantine-color-dimmed)" strokeWidth={1} />
            <text x={across(order)} y={14} fill="var(--mantine-color-text)" fontWeight={600}>
              {axis.name.length > 18 ? `${axis.name.slice(0, 17)}…` : axis.name}
            </text>
            <text x={across(order)} y={TOP - 6}>{endOf(axis, "high")}</text>
            <text x={across(order)} y={HEIGHT - 8}>{endOf(axis, "low")}</text>
          </g>
        ))}
      </svg>
      <figcaption className="small muted">
        {rows.length < done.length ? `The best ${rows.length} of ${done.length} trials. ` : ""}The strongest line is the best trial.
      </figcaption>
    </figure>
  );
}

function lineOf(axes: Axis[], row: Record<string, unknown>, across: (order: number) => number, up: (place: number) => number): string {
  let line = "";
  axes.forEach((axis, order) => {
    const place = placeOn(axis, row[axis.name]);
    if (place !== null) line += `${line ? "L" : "M"}${across(order).toFixed(1)} ${up(place).toFixed(1)}`;
  });
  return line;
}

function endOf(axis: Axis, end: "low" | "high"): string {
  const shown = axis.values ? axis.values.at(end === "low" ? 0 : -1)! : figure(axis[end]);
  return shown.length > 14 ? `${shown.slice(0, 13)}…` : shown;
}
