/** Search spaces as people write them, one parameter a line: `depth = 3, 5, 7`, `rate = 0.001..1 log`, `size = 10..50 step 10`. */
type Value = string | number | boolean | null;
type Range = { low: number; high: number; step?: number; log?: true };

const WORDS: Record<string, boolean | null> = { true: true, false: false, null: null };
const RANGE = /^(\S+?)\s*\.\.\s*(\S+)(?:\s+(?:(log)|step\s+(\S+)))?$/;

/** The space of a text. Throws a sentence that names the line. */
export function spaceOf(text: string): Record<string, Value[] | Range> {
  const space: Record<string, Value[] | Range> = {};
  for (const line of text.split("\n").filter((each) => each.trim())) {
    const at = line.indexOf("=");
    const name = line.slice(0, at).trim();
    const values = line.slice(at + 1).trim();
    if (at < 1 || !name || !values) throw new Error(`“${line.trim()}” names no values. Write depth = 3, 5, 7.`);
    if (name in space) throw new Error(`${name} is given twice.`);
    space[name] = values.includes("..") ? rangeOf(line, values) : values.split(",").map((each) => valueOf(each.trim()));
  }
  if (Object.keys(space).length === 0) throw new Error("A sweep needs at least one parameter.");
  return space;
}

/** The parameters of a job as lines of a space, for somebody to add values to. */
export function linesOf(parameters: Record<string, unknown>): string {
  const plain = Object.entries(parameters).filter(([, value]) => value === null || ["number", "boolean"].includes(typeof value) || (typeof value === "string" && /^[^,\n]+$/.test(value) && !value.includes("..")));
  return plain.map(([name, value]) => `${name} = ${String(value)}`).join("\n");
}

function rangeOf(line: string, values: string): Range {
  const [, low, high, log, step] = RANGE.exec(values) ?? [];
  const numbers = [low, high, step ?? "1"].map((each) => (each === undefined ? Number.NaN : Number(each)));
  if (numbers.some(Number.isNaN)) throw new Error(`“${line.trim()}” is no range. Write rate = 0.001..1 log, or size = 10..50 step 10.`);
  return { low: numbers[0]!, high: numbers[1]!, ...(log ? { log: true as const } : {}), ...(step ? { step: numbers[2]! } : {}) };
}

function valueOf(text: string): Value {
  if (text in WORDS) return WORDS[text]!;
  return text !== "" && !Number.isNaN(Number(text)) ? Number(text) : text;
}
