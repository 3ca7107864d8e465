/** The rows behind a bar: of a bin, a slice, a step, or where they meet. */
import { Drawer } from "@mantine/core";

import { $api } from "~/api/client";
import type { DiagnosedRowsView } from "~/api/schema";
import { writeExactly } from "~/api/exact";
import { counted, figure } from "~/parts/figures";
import { PageLink, path } from "~/parts/link";
import { exactTime, Moment } from "~/parts/moment";
import { Answer, Empty } from "~/parts/placeholders";
import { DataTable, type Column } from "~/parts/table";
import { asked, type DiagnosisView } from "./asking";
import { plainName } from "./words";

const MOST = 200;
const [TIME, ID] = [0, 1];

interface Line {
  place: number;
  cells: unknown[];
}

export function RowsDrawer({ reference, model, what, view, onClose }: { reference: string; model: string; what: string; view: DiagnosisView; onClose: () => void }) {
  return (
    <Drawer opened={view.rows} onClose={onClose} position="right" size="min(960px, 100%)" title={title(view)} closeButtonProps={{ "aria-label": "Close" }}>
      {view.rows && <Rows reference={reference} model={model} what={what} view={view} />}
    </Drawer>
  );
}

function title({ column, bin, part, step }: DiagnosisView): string {
  const said = [bin && `${plainName(column)} ${bin}`, part && plainName(part), step && `from ${exactTime(step)}`].filter(Boolean);
  return said.length ? `Rows: ${said.join(", ")}` : "Rows";
}

function Rows({ reference, model, what, view }: { reference: string; model: string; what: string; view: DiagnosisView }) {
  const isQuality = what === "quality";
  const query = { ...asked(view), column: view.bin ? view.column : "", bin: view.bin, slice: view.part, step: view.step || undefined, wrong: isQuality, limit: MOST };
  const answer = $api.useQuery("get", "/api/v1/models/{ref}/diagnosis/rows", { params: { path: { ref: reference }, query } });
  return (
    <Answer of={answer} lines={12}>
      {(found) => {
        const lines: Line[] = found.rows.map((cells, place) => ({ place, cells: cells as unknown[] }));
        if (lines.length === 0) return <Empty title={isQuality ? "None of these rows has a wrong answer" : "There is no row like this"}><p>{isQuality ? "Of those that have a label, among the newest 5,000." : "Records are removed after the time that the installation keeps them."}</p></Empty>;
        return (
          <div className="stack">
            <p className="small muted" style={{ margin: 0 }}>
              {counted(lines.length, "row")}{found.truncated ? "; there are more" : ""}{isQuality ? ", those with a wrong answer, the worst first" : ", the newest first"}.{" "}
              <PageLink href={`${path`/models/${model}/predictions`}?${new URLSearchParams({ tab: "sql", sql: found.sql })}`} style={{ textDecoration: "underline" }}>As SQL</PageLink>
            </p>
            <DataTable label="Rows" noun={["row", "rows"]} rows={lines} columns={columnsOf(found, model)} keyOf={({ place }) => String(place)} />
          </div>
        );
      }}
    </Answer>
  );
}

function columnsOf(of: DiagnosedRowsView, model: string): Column<Line>[] {
  return of.columns.map((name, place) => ({
    name: `${place} ${name}`,
    header: plainName(name),
    align: typeof of.rows[0]?.[place] === "number" && place > ID ? ("end" as const) : undefined,
    cell: ({ cells }) => {
      const value = cells[place];
      if (place === TIME) return <Moment time={utc(String(value))} />;
      if (place === ID) return <PageLink href={`${path`/models/${model}/predictions`}?one=${encodeURIComponent(String(value))}&of=${encodeURIComponent(model)}`}>{String(value).slice(0, 12)}</PageLink>;
      return shown(value);
    },
  }));
}

function utc(text: string): string {
  return /Z|[+-]\d\d:?\d\d$/.test(text) ? text : `${text.replace(" ", "T")}Z`;
}

function shown(value: unknown) {
  if (value === null || value === undefined) return <span className="muted">–</span>;
  if (typeof value === "number") return <span title={String(value)}>{figure(value)}</span>;
  const text = typeof value === "string" ? value : (writeExactly(value) ?? "");
  return <span title={text.slice(0, 1_000)}>{text.length > 80 ? `${text.slice(0, 80)}…` : text}</span>;
}
