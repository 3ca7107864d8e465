/** JSON whose integers are kept as they were written, also beyond 2^53, where a number of JavaScript has no place for each. */

type Reviver = (this: unknown, key: string, value: unknown, context?: { source?: string }) => unknown;

/** Parse JSON; integers that a number can't hold exactly become `bigint`. */
export function parseExactly(text: string): unknown {
  const exact: Reviver = (_key, value, context) => (typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? "") ? BigInt(context!.source!) : value);
  return JSON.parse(text, exact as Parameters<typeof JSON.parse>[1]);
}

const raw = (JSON as unknown as { rawJSON?: (text: string) => unknown }).rawJSON;

/** JSON of a value that `parseExactly` gave. */
export function writeExactly(value: unknown, indent?: number): string | undefined {
  return JSON.stringify(value, (_key, each: unknown) => (typeof each === "bigint" ? (raw ? raw(String(each)) : String(each)) : each), indent);
}
