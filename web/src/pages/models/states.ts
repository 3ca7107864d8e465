/** States of a model, in one of four and a word. */
import type { State } from "~/parts/state";

/** The kind of loader of versions that run on other infrastructure. */
export const ELSEWHERE = "elsewhere";

interface Facts {
  paused: boolean;
  framework?: string;
  version?: { loader: { kind: string } };
  release: { version: number; percent: number }[];
}

export function runsElsewhere({ framework, version }: Pick<Facts, "framework" | "version">): boolean {
  return (version?.loader.kind ?? framework) === ELSEWHERE;
}

export function stateOf(model: Facts): [State, string] {
  const { paused, release } = model;
  if (runsElsewhere(model)) return ["ok", "runs elsewhere"];
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

/** The version that a release is most likely of: the one that is looked at, unless it has all the traffic already; then the newest. */
export function versionToRelease({ version, versions, release }: { version: { version: number }; versions: { version: number }[]; release: { version: number; percent: number }[] }): number {
  const isLive = release.some((each) => each.version === version.version && each.percent === 100);
  return isLive ? Math.max(...versions.map((each) => each.version)) : version.version;
}
