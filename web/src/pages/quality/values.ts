/** Values of predictions as a form has them. */
import type { QualityView } from "~/api/schema";

const MOST_CLASSES = 8;

/** The key of a pair of truth and answer → its value. */
export type Cells = Record<string, number>;

export function keyOf(truth: string, answer: string): string {
  return JSON.stringify([truth, answer]);
}

export function cellsOf(cells: Cells): { truth: string; answer: string; value: number }[] {
  return Object.entries(cells)
    .filter(([, value]) => value !== 0)
    .map(([key, value]) => {
      const [truth, answer] = JSON.parse(key) as [string, string];
      return { truth, answer, value };
    });
}

/** The classes that values may be given for: those with the most rows, and all that have one. */
export function classesOf({ classes, value }: Pick<QualityView, "classes" | "value">): string[] {
  const known = classes.slice(0, MOST_CLASSES).map(({ name }) => name);
  const valued = (value?.cells ?? []).flatMap(({ truth, answer }) => [truth, answer]);
  return [...new Set([...known, ...valued])];
}

/** Where a value that is noted for a goal comes from. */
export function sourceOf({ name, since, until, measured }: Pick<QualityView, "name" | "since" | "until" | "measured">): string {
  return `Worth of ${measured.labelled} labelled predictions of ${name} from ${since.slice(0, 10)} to ${until.slice(0, 10)}`;
}
