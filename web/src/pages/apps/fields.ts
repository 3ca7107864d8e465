/** The fields of an app's form, as the form of a version has them. */
import type { AppInput } from "~/api/schema";
import type { Field, Row, Value } from "../tries/fields";

export function fieldOf(input: AppInput): Field {
  return {
    name: input.name,
    label: input.unit ? `${input.label || input.name} (${input.unit})` : input.label || input.name,
    kind: input.kind ?? "text",
    type: "",
    usual: (input.default ?? undefined) as Value | undefined,
    description: input.help || undefined,
    min: input.min ?? undefined,
    max: input.max ?? undefined,
    step: input.step ?? undefined,
    isWhole: input.whole,
    options: input.choices ?? undefined,
    isOpen: input.open,
    mayMiss: input.empty === "null",
    mayBeLeftOut: input.empty === "left_out",
    hasZone: input.zone,
  };
}

/** What people filled in, as a question has it: an empty field is null. */
export function questionOf(inputs: AppInput[], row: Row): Record<string, unknown> {
  return Object.fromEntries(inputs.map(({ name }) => [name, row[name] ?? null]));
}

export function beginning(inputs: AppInput[]): Row {
  return Object.fromEntries(inputs.map((input) => [input.name, (input.default ?? null) as Value]));
}
