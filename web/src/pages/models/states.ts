/** States of a model, in one of four and a word. */
import type { State } from "~/parts/state";

interface Facts {
  paused: boolean;
  release: { version: number; percent: number }[];
}

export function stateOf({ paused, release }: Facts): [State, string] {
  if (paused) return ["attention", "paused"];
  return release.length > 0 ? ["ok", "live"] : ["unknown", "not live"];
}

/** `version 1 is live`, `versions 1 (80 %) and 2 (20 %) are live`. */
export function releaseWords({ release, paused }: Facts): string {
  if (release.length === 0) return "no version is live";
  if (release.length === 1) return `version ${release[0]!.version} is ${paused ? "paused" : "live"}`;
  const shares = release.map(({ version, percent }) => `${version} (${percent} %)`);
  return `versions ${shares.slice(0, -1).join(", ")} and ${shares.at(-1)} are ${paused ? "paused" : "live"}`;
}

/** The shares after `version` is given `percent`: the others keep their proportions, as the server does it. */
export function sharesAfter(release: { version: number; percent: number }[], version: number, percent: number): { version: number; percent: number }[] {
  const others = release.filter((each) => each.version !== version);
  const whole = others.reduce((sum, each) => sum + each.percent, 0);
  const next = others.map((each) => ({ version: each.version, percent: whole ? Math.round(((each.percent * (100 - percent)) / whole) * 100) / 100 : 0 }));
  return [...next, { version, percent }].filter((each) => each.percent > 0).sort((one, other) => one.version - other.version);
}
