/** Scenarios: all inputs of a form as a text that stands in the address, and the other way. */
import { path } from "~/parts/link";
import type { Field, Row } from "./fields";

const MOST_CHARACTERS = 2_000;

/** The text of a scenario. Values that are too long for an address, such as images, are left out: their names. */
export function textOf(row: Row): { text: string; leftOut: string[] } {
  const leftOut: string[] = [];
  const kept = Object.entries(row).filter(([name, value]) => {
    const fits = JSON.stringify(value ?? null).length <= MOST_CHARACTERS;
    if (!fits) leftOut.push(name);
    return fits && value !== undefined;
  });
  return { text: JSON.stringify(Object.fromEntries(kept)), leftOut };
}

/** The row of a scenario: what it does not say, or says of fields that there are not, is as usual. */
export function rowOf(text: string, fields: Field[], usual: Row): Row {
  if (!text) return usual;
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return usual;
  }
  if (typeof said !== "object" || said === null) return usual;
  const given = new Map(Object.entries(said as Row));
  return Object.fromEntries(fields.map(({ name, mayBeLeftOut }) => [name, given.has(name) ? given.get(name) : mayBeLeftOut ? undefined : usual[name]]));
}

const POINTS = 41;
const MOST_OPTIONS = 30;

/** The values that a field is varied over: a number over its range, a choice over what may be chosen. */
export function variationOf(field: Field, value: unknown): (string | number | boolean)[] {
  if (field.kind === "yes") return [false, true];
  if (field.kind !== "number") return (field.options ?? []).slice(0, MOST_OPTIONS);
  const [low, high] = rangeOf(field, value);
  const points = Array.from({ length: POINTS }, (_, place) => low + ((high - low) * place) / (POINTS - 1));
  return field.isWhole ? [...new Set(points.map(Math.round))] : points.map((point) => Number(point.toPrecision(6)));
}

/** The range of a number; without a baseline one around its value. */
export function rangeOf(field: Field, value: unknown): [number, number] {
  const now = typeof value === "number" && Number.isFinite(value) ? value : 0;
  if (field.min !== undefined && field.max !== undefined && field.min < field.max) return [Math.min(field.min, now), Math.max(field.max, now)];
  const wide = Math.max(Math.abs(now), 1);
  return [now - wide, now + wide];
}

/** Fields that can be varied. */
export function variable(fields: Field[]): Field[] {
  return fields.filter(({ kind, options }) => kind === "number" || kind === "yes" || (kind === "choice" && (options?.length ?? 0) > 1));
}

/** Numbers in an answer, by name: a bare number, the numbers of an object (one level of objects within), or those of a short array. */
export function numbersIn(output: unknown): Record<string, number> {
  if (typeof output === "number") return { answer: output };
  if (typeof output === "boolean") return { answer: output ? 1 : 0 };
  if (typeof output !== "object" || output === null) return {};
  const found: Record<string, number> = {};
  for (const [name, value] of Object.entries(output)) {
    if (typeof value === "number") found[name] = value;
    else if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      for (const [inner, number] of Object.entries(value as object)) if (typeof number === "number") found[inner] = number;
    } else if (Array.isArray(value) && value.every((each) => typeof each === "number") && value.length <= 10) value.forEach((each: number, place) => (found[`${name} ${place + 1}`] = each));
  }
  return found;
}

/** The address of a page at a version. Texts that are JSON stand there as the router writes them: quoted. */
export function addressOf(reference: string, view: Record<string, string>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(view)) if (value) search.set(name, /^[[{"]/.test(value) ? JSON.stringify(value) : value);
  const query = search.toString();
  return `${path`/models/${reference}/try`}${query && "?"}${query}`;
}
