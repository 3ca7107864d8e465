/** Lines over time or over steps: drawn by uPlot, with a table of the same points and a file of them. */
import { Button, useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";

import { SERIES } from "~/app/theme";
import { figure } from "./figures";
import { exactTime } from "./moment";

export interface Line {
  label: string;
  values: (number | null)[];
}

export interface Mark {
  at: number;
  label: string;
}

interface Props {
  /** What is seen, in words. */
  title: string;
  /** Seconds since 1970, or steps. */
  at: number[];
  lines: Line[];
  unit?: string;
  isTime?: boolean;
  /** What lies across where it is no time. */
  axis?: string;
  marks?: Mark[];
  height?: number;
}

const NO_MARKS: Mark[] = [];
const DAY_SECONDS = 86_400;
const hours = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hour12: false });
const days = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const MOST_TABLE_ROWS = 500;
/** With more points than this to a pixel, those of a pixel are drawn as one stroke. */
const DENSE = 2;

export function Chart({ title, at, lines, unit = "", isTime = true, axis: across = "Step", marks = NO_MARKS, height = 220 }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme("light");
  const [asTable, setAsTable] = useState(false);

  useEffect(() => {
    const place = frame.current;
    if (!place || asTable) return;
    const style = getComputedStyle(place);
    const ink = style.getPropertyValue("--mantine-color-dimmed");
    const rule = style.getPropertyValue("--line");
    const isDense = at.length > DENSE * place.clientWidth;
    const axis = { stroke: ink, grid: { stroke: rule, width: 1 }, ticks: { stroke: rule, width: 1 }, font: "12px system-ui" };
    const plot = new uPlot(
      {
        width: place.clientWidth,
        height,
        scales: { x: { time: isTime } },
        axes: [isTime ? { ...axis, values: (_plot, ticks) => timeTicks(ticks) } : { ...axis, label: across, labelFont: "12px system-ui", labelSize: 20 }, { ...axis, size: 56, values: (_plot, ticks) => ticks.map((tick) => (tick === null ? "" : `${figure(tick)}`)) }],
        series: [
          { label: isTime ? "Time" : across },
          ...lines.map((line, order) => ({
            label: line.label,
            stroke: SERIES[scheme][order % SERIES[scheme].length],
            dash: order < SERIES[scheme].length ? undefined : [6, 4],
            width: isDense ? 1 : 1.75, // thin strokes are quicker to draw
            pxAlign: isDense ? 1 : 0, // between pixels, or slow slopes look like stairs; whole pixels let the plot leave points out
            points: { filter: (drawn: uPlot, series: number, isShown: boolean) => (isShown ? null : lonePoints(drawn.data[series] as Line["values"])) },
            value: (_plot: uPlot, value: number | null) => (value === null ? "–" : `${figure(value)} ${unit}`.trim()),
          })),
        ],
        hooks: { draw: [(drawn) => drawMarks(drawn, marks, ink)] },
        cursor: { points: { size: 6 } },
      },
      [at, ...lines.map((line) => line.values)] as uPlot.AlignedData,
      place,
    );
    if (at.length === 1) plot.setScale("x", aroundOne(at[0]!, isTime)); // of one moment uPlot shows years
    const watcher = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height }));
    watcher.observe(place);
    return () => {
      watcher.disconnect();
      plot.destroy();
    };
  }, [at, lines, marks, scheme, asTable, height, isTime, across, unit]);

  return (
    <figure style={{ margin: 0 }}>
      <figcaption className="row spread" style={{ marginBottom: 8 }}>
        <strong>
          {title}
          {unit && <span className="muted"> ({unit})</span>}
        </strong>
        <span className="row">
          <Button size="compact-xs" variant="subtle" onClick={() => setAsTable(!asTable)}>
            {asTable ? "As lines" : "As a table"}
          </Button>
          <Button size="compact-xs" variant="subtle" onClick={() => download(title, csvOf(at, lines, isTime, across))}>
            Download CSV
          </Button>
        </span>
      </figcaption>
      {asTable ? <Points at={at} lines={lines} isTime={isTime} across={across} title={title} /> : <div ref={frame} role="img" aria-label={described(title, at, lines, unit)} />}
    </figure>
  );
}

function Points({ at, lines, isTime, across, title }: Pick<Props, "at" | "lines" | "isTime" | "title"> & { across: string }) {
  return (
    <div className="table-frame" style={{ maxHeight: 260 }} tabIndex={0} role="region" aria-label={title}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{isTime ? "Time" : across}</th>
            {lines.map(({ label }) => (
              <th key={label} scope="col" className="end">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {at.slice(0, MOST_TABLE_ROWS).map((moment, place) => (
            <tr key={moment}>
              <td>{isTime ? exactTime(new Date(moment * 1_000)) : moment}</td>
              {lines.map(({ label, values }) => (
                <td key={label} className="end">
                  {values[place] ?? "–"}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Times below an axis: hours, or days where the ticks are days, each day named once. */
export function timeTicks(seconds: number[]): string[] {
  const isOfDays = seconds.length < 2 || seconds[1]! - seconds[0]! >= DAY_SECONDS;
  return seconds.map((tick, place) => {
    const time = new Date(tick * 1_000);
    const isNewDay = place > 0 && days.format(time) !== days.format(new Date(seconds[place - 1]! * 1_000));
    return isOfDays || isNewDay ? days.format(time) : hours.format(time);
  });
}

/** The places of points without a neighbour: a line through them alone draws nothing. Null where there are none. */
export function lonePoints(values: (number | null | undefined)[]): number[] | null {
  const isThere = (place: number) => values[place] !== null && values[place] !== undefined;
  const found = values.flatMap((_, place) => (isThere(place) && !isThere(place - 1) && !isThere(place + 1) ? [place] : []));
  return found.length > 0 ? found : null;
}

/** What an axis shows of a single point: a day, or two steps, in whose middle it is. */
export function aroundOne(at: number, isTime: boolean): { min: number; max: number } {
  const half = isTime ? DAY_SECONDS / 2 : 1;
  return { min: at - half, max: at + half };
}

function described(title: string, at: number[], lines: Line[], unit: string): string {
  const each = lines.map(({ label, values }) => `${label}: last ${values.findLast((value) => value !== null) ?? "none"} ${unit}`.trim());
  return `${title}. ${at.length} points. ${each.join("; ")}.`;
}

function drawMarks(plot: uPlot, marks: Mark[], ink: string) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = ink;
  ctx.fillStyle = ink;
  ctx.setLineDash([4, 4]);
  ctx.font = `${12 * devicePixelRatio}px system-ui`;
  const ends: number[] = []; // of each row of labels, where the last one ends: labels of moments close by stand in rows
  for (const { at, label } of marks.toSorted((one, other) => one.at - other.at)) {
    const x = plot.valToPos(at, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const isFar = x > bbox.left + bbox.width * 0.8; // there the label stands before the line
    ctx.textAlign = isFar ? "right" : "left";
    const wide = ctx.measureText(label).width + 8 * devicePixelRatio;
    const [from, to] = isFar ? [x - wide, x] : [x, x + wide];
    const free = ends.findIndex((end) => end <= from);
    const row = free < 0 ? ends.length : free;
    ends[row] = to;
    ctx.fillText(label, isFar ? x - 4 : x + 4, bbox.top + (12 + 14 * row) * devicePixelRatio);
  }
  ctx.restore();
}

/** The points as CSV. A text that a spreadsheet would take for a formula begins with an apostrophe. */
export function csvOf(at: number[], lines: Line[], isTime: boolean, across = "step"): string {
  const rows = at.map((moment, place) => [isTime ? new Date(moment * 1_000).toISOString() : moment, ...lines.map(({ values }) => values[place] ?? "")]);
  return [[isTime ? "time" : across, ...lines.map(({ label }) => label)], ...rows].map((row) => row.map(csvCell).join(",")).join("\n");
}

export function csvCell(value: unknown): string {
  const text = typeof value === "string" && /^[=+\-@\t]/.test(value) ? `'${value}` : String(value ?? "");
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function download(name: string, text: string, type = "text/csv") {
  saveFile(`${name.replaceAll(/[^\w.-]+/g, "-")}.csv`, new Blob([text], { type }));
}

export function saveFile(name: string, content: Blob) {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
