/** Environments in words: what one was made from, which come first, and requirements as somebody typed them. */
import type { EnvironmentDeprecation, EnvironmentOrigin, NamedEnvironment } from "~/api/schema";

const SHOWN = 3;

/** What a version was made from, in a few words. */
export function originWords(origin: EnvironmentOrigin): string {
  const words = [origin.base && `from ${origin.base}`, origin.version && `from the model ${origin.version}`, origin.file && `from ${origin.file}`, origin.lock && !origin.file && "from a lock"].filter(Boolean);
  const asked = origin.requirements;
  if (asked.length > 0 && !origin.file) words.push(`with ${asked.slice(0, SHOWN).join(", ")}${asked.length > SHOWN ? ` and ${asked.length - SHOWN} more` : ""}`);
  return words.join(" ") || "–";
}

export function deprecationWords({ note, successor }: EnvironmentDeprecation): string {
  return `deprecated${note ? `: ${note.replace(/\.$/, "")}` : ""}${successor ? `; use ${successor} instead` : ""}`;
}

export interface Facets {
  q: string;
  project: string;
  kind: string;
  use: string;
}

/** The environments that fit the filters, curated ones first, those by name. */
export function chosen(all: NamedEnvironment[], { q, project, kind, use }: Facets): NamedEnvironment[] {
  const fits = (each: NamedEnvironment) =>
    (each.name.includes(q.toLowerCase()) || each.notes.toLowerCase().includes(q.toLowerCase())) &&
    (project === "" || each.project === project) &&
    (kind === "" || (kind === "curated" ? each.project === null : kind === "own" ? each.project !== null : each.deprecation !== null)) &&
    (use === "" || each.in_use === (use === "used"));
  return all.filter(fits).sort((one, other) => Number(one.project !== null) - Number(other.project !== null) || one.name.localeCompare(other.name));
}

/** Requirements from a text: one a line, or several between commas that are no bounds. */
export function requirementsOf(text: string): string[] {
  return text
    .split(/\n|,\s*(?=[A-Za-z])/)
    .map((line) => line.replace(/(^|\s)#.*$/, "").trim())
    .filter(Boolean);
}
