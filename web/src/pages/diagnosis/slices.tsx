/** Slices by their part in a problem, and slice by time as a table of cells; a click lists the rows. */
import { Anchor, Select } from "@mantine/core";

import { figure } from "~/parts/figures";
import { exactTime } from "~/parts/moment";
import { Card } from "~/parts/page";
import { share } from "../monitoring/series";
import { plainName, strength } from "./words";

interface SliceRow {
  value: string;
  rows: number;
  rowShare: number;
  share: number;
  /** By step; null: there are no rows. */
  cells: (number | null)[];
  /** The part in words. */
  words: string;
  /** More words, such as the loss before and now. */
  more?: string;
}

interface Props {
  title: string;
  choices: { value: string; label: string }[];
  chosen: string;
  choose: (name: string) => void;
  steps: string[];
  columns: { name: string; parts: SliceRow[] }[];
  show: (name: string, value: string, step: string) => void;
  /** What a cell says, where that is no part of the whole. */
  cellWords?: (value: number) => string;
}

export function SlicesCard({ title, choices, chosen, choose, steps, columns, show, cellWords = share }: Props) {
  if (columns.length === 0 && choices.length === 0) return null;
  const shown = columns[0];
  return (
    <Card
      title={title}
      aside={
        choices.length > 0 && (
          <Select size="xs" aria-label="By" data={[{ value: "", label: "By what tells the most" }, ...choices.map(({ value, label }) => ({ value, label: `By ${label}` }))]} value={chosen} onChange={(value) => choose(value ?? "")} allowDeselect={false} searchable={choices.length > 8} />
        )
      }
    >
      {shown ? columns.map((column) => <Slices key={column.name} of={column} steps={steps} show={show} cellWords={cellWords} />) : <p className="muted" style={{ margin: 0 }}>Rows can't be separated by this column.</p>}
    </Card>
  );
}

function Slices({ of, steps, show, cellWords }: { of: Props["columns"][number]; steps: string[]; show: Props["show"]; cellWords: (value: number) => string }) {
  const greatest = Math.max(...of.parts.flatMap(({ cells }) => cells.map((cell) => Math.abs(cell ?? 0))), 0);
  return (
    <section aria-label={`By ${plainName(of.name)}`} style={{ marginBottom: 20 }}>
      <h3 style={{ margin: "0 0 4px", fontSize: 14 }}>By {plainName(of.name)}</h3>
      <div className="table-frame" tabIndex={0} role="region" aria-label={`${plainName(of.name)} by time`}>
        <table className="table heat">
          <thead>
            <tr>
              <th scope="col">{plainName(of.name)}</th>
              <th scope="col" className="end">Rows</th>
              <th scope="col" className="end">Of the rows</th>
              <th scope="col" className="end">Part</th>
              {steps.length > 1 && <th scope="col" colSpan={steps.length}>{`${exactTime(steps[0]!)} to ${exactTime(steps.at(-1)!)}`}</th>}
            </tr>
          </thead>
          <tbody>
            {of.parts.map((row) => (
              <tr key={row.value}>
                <th scope="row">
                  <Anchor component="button" type="button" inherit onClick={() => show(of.name, row.value, "")}>{row.value || "(empty)"}</Anchor>
                </th>
                <td className="end">{figure(row.rows)}</td>
                <td className="end">{share(row.rowShare)}</td>
                <td className="end" title={row.more}><strong>{row.words}</strong></td>
                {steps.length > 1 && row.cells.map((cell, place) => <Cell key={steps[place]} value={cell} greatest={greatest} label={`${row.value}, ${exactTime(steps[place]!)}: ${cell === null ? "no rows" : cellWords(cell)}`} onClick={() => show(of.name, row.value, steps[place]!)} />)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Cell({ value, greatest, label, onClick }: { value: number | null; greatest: number; label: string; onClick: () => void }) {
  const strong = strength(value, greatest);
  const color = value !== null && value < 0 ? "var(--mantine-primary-color-filled)" : "var(--failing)";
  return (
    <td style={{ background: strong ? `color-mix(in srgb, ${color} ${strong}%, transparent)` : undefined }}>
      {strong > 0 ? <button type="button" title={label} aria-label={label} onClick={onClick} /> : <span title={label} />}
    </td>
  );
}
