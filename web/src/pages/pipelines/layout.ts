/** The places of a graph's steps: a column for each depth, and in it those beside what they need. */
export interface Needing {
  name: string;
  needs: string[];
}

export interface Placed {
  name: string;
  /** 0 for steps that need none, else one more than the deepest that it needs. */
  column: number;
  row: number;
}

export interface Line {
  from: Placed;
  to: Placed;
}

export interface Layout {
  steps: Placed[];
  lines: Line[];
  columns: number;
  rows: number;
}

/** Steps come in an order in which each is after those that it needs, as the API gives them. */
export function layoutOf(steps: Needing[]): Layout {
  const placed = new Map<string, Placed>();
  const columns: Needing[][] = [];
  const depth = new Map<string, number>();
  for (const step of steps) {
    const column = Math.max(-1, ...step.needs.map((need) => depth.get(need) ?? -1)) + 1;
    depth.set(step.name, column);
    (columns[column] ??= []).push(step);
  }
  const rows = Math.max(1, ...columns.map(({ length }) => length));
  for (const [column, members] of columns.entries()) {
    const ordered = members.map((step, place) => ({ step, place, wish: wishOf(step, placed, place) })).sort((one, other) => one.wish - other.wish || one.place - other.place);
    // Where a column has fewer steps than the highest one, each stays as near to what it needs as the ones above it leave room.
    let free = 0;
    for (const [place, { step, wish }] of ordered.entries()) {
      const last = rows - (ordered.length - place);
      const row = Math.min(last, Math.max(free, wish));
      placed.set(step.name, { name: step.name, column, row });
      free = row + 1;
    }
  }
  const lines = steps.flatMap(({ name, needs }) => needs.flatMap((need) => (placed.has(need) ? [{ from: placed.get(need)!, to: placed.get(name)! }] : [])));
  return { steps: steps.map(({ name }) => placed.get(name)!), lines, columns: columns.length, rows };
}

/** The row in which a step would lie: the mean of those that it needs. */
function wishOf({ needs }: Needing, placed: Map<string, Placed>, place: number): number {
  const above = needs.flatMap((need) => (placed.has(need) ? [placed.get(need)!.row] : []));
  return above.length === 0 ? place : above.reduce((sum, row) => sum + row, 0) / above.length;
}
