/** A table of things: only the rows in sight are in the page, the server gives them in pages, the keyboard moves among them. */
import { Button } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useRef, type KeyboardEvent, type ReactNode } from "react";

import { counted } from "./figures";
import { PageLink, useGo } from "./link";

export interface Column<Row> {
  name: string;
  header: string;
  cell: (row: Row) => ReactNode;
  /** Numbers stand at the end. */
  align?: "end";
  width?: number | string;
  /** It gets what the others leave of the width, and is cut short there, so that the table fits; one column of a table at most. */
  takesRest?: boolean;
}

interface Props<Row> {
  /** What the table is of, for those who do not see it. */
  label: string;
  rows: Row[];
  columns: Column<Row>[];
  keyOf: (row: Row) => string;
  /** The page of a row; Enter and a click on the row lead there. The first column shows the link. */
  hrefOf?: (row: Row) => string;
  /** What one row is called, for the count below. */
  noun: [one: string, many: string];
  more?: () => void;
  hasMore?: boolean;
  isLoadingMore?: boolean;
  height?: string;
}

const ROW_HEIGHT = 36;
const OVERSCAN = 8;

export function DataTable<Row>({ label, rows, columns, keyOf, hrefOf, noun, more, hasMore, isLoadingMore, height = "min(70vh, 900px)" }: Props<Row>) {
  const frame = useRef<HTMLDivElement>(null);
  const go = useGo();
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
    getItemKey: (place) => keyOf(rows[place]!),
    initialRect: { width: 1000, height: 700 },
  });
  const items = virtual.getVirtualItems();
  const before = items[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);

  function move(event: KeyboardEvent<HTMLTableSectionElement>) {
    const place = Number((event.target as HTMLElement).dataset["row"] ?? NaN);
    const row = rows[place];
    if (row === undefined) return; // the key is for something in a cell
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Enter" && hrefOf) go(hrefOf(row));
    if (step === undefined) return;
    event.preventDefault();
    const next = Math.min(Math.max(place + step, 0), rows.length - 1);
    virtual.scrollToIndex(next);
    requestAnimationFrame(() => frame.current?.querySelector<HTMLElement>(`tr[data-row="${next}"]`)?.focus());
  }

  return (
    <div>
      <div className="table-frame" ref={frame} style={{ maxHeight: height }} tabIndex={0} role="region" aria-label={label}>
        <table className="table" aria-label={label} aria-rowcount={hasMore ? -1 : rows.length + 1}>
          <thead>
            <tr>
              {columns.map(({ name, header, align, width, takesRest }) => (
                <th key={name} scope="col" className={classOf(align, takesRest)} style={{ width }}>
                  {header}
                </th>
              ))}
            </tr>
          </thead>
          <tbody onKeyDown={move}>
            {before > 0 && <tr aria-hidden style={{ height: before }} />}
            {items.map(({ index, key }) => {
              const row = rows[index]!;
              return <Line key={key} index={index} row={row} columns={columns as Column<unknown>[]} hrefOf={hrefOf as Props<unknown>["hrefOf"]} />;
            })}
            {after > 0 && <tr aria-hidden style={{ height: after }} />}
          </tbody>
        </table>
      </div>
      <div className="row spread small muted" style={{ marginTop: 8, minHeight: 30 }}>
        <span aria-live="polite">
          {counted(rows.length, ...noun)}
          {hasMore ? " so far" : ""}
        </span>
        {hasMore && (
          <Button variant="default" size="xs" onClick={more} loading={isLoadingMore}>
            Show more
          </Button>
        )}
      </div>
    </div>
  );
}

function classOf(align: "end" | undefined, takesRest: boolean | undefined) {
  return [align, takesRest && "rest"].filter(Boolean).join(" ") || undefined;
}

interface LineProps {
  index: number;
  row: unknown;
  columns: Column<unknown>[];
  hrefOf?: (row: unknown) => string;
}

/** One row. While one scrolls its props stay the same, so that only rows that come into sight are rendered. */
const Line = memo(function Line({ index, row, columns, hrefOf }: LineProps) {
  return (
    <tr data-row={index} aria-rowindex={index + 2} tabIndex={hrefOf ? 0 : undefined}>
      {columns.map(({ name, cell, align, takesRest }, place) => (
        <td key={name} className={classOf(align, takesRest)}>
          {place === 0 && hrefOf ? (
            <PageLink href={hrefOf(row)} tabIndex={-1}>
              {cell(row)}
            </PageLink>
          ) : (
            cell(row)
          )}
        </td>
      ))}
    </tr>
  );
});
