/** Sentences of the form: what a tier is and costs, what an environment is, what a name means. */
import type { Environment, NamedEnvironment, Pythons, TierDetail } from "~/api/schema";
import { bytes, counted, figure } from "~/parts/figures";

type Offer = Pick<TierDetail, "name" | "cpu" | "memory_bytes" | "gpu" | "price" | "currency"> & Partial<Pick<TierDetail, "free" | "waiting">>;

const NAME = /^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$/;

export function tierWords({ name, cpu, memory_bytes, gpu, price, currency, free, waiting }: Offer): string {
  const parts = [name, counted(cpu, "core"), bytes(memory_bytes)];
  if (gpu) parts.push(counted(gpu, "GPU"));
  if (price !== null && price !== undefined) parts.push(`${figure(Number(price))} ${currency} an hour`.replace("  ", " "));
  if (free !== null && free !== undefined && waiting !== undefined) parts.push(free > 0 ? `${figure(free)} free` : `none free, ${figure(waiting)} waiting`);
  return parts.join(" · ");
}

export function environmentWords({ hash, python, packages, versions }: Environment): string {
  const of = versions.length ? `${versions.slice(0, 3).join(", ")}${versions.length > 3 ? " …" : ""}` : hash.slice(0, 12);
  return `${of} · Python ${python} · ${counted(packages, "package")}`;
}

interface Choice {
  value: string;
  label: string;
}

const ASKED_FOR: Choice = { value: "", label: "What the files ask for" };

/** The environments to choose from: what the files ask for, then those with a name (of this project and curated ones), then those of versions. */
export function environmentChoices({ named, environments }: { named: NamedEnvironment[]; environments: Environment[] }, project: string, chosen: string | null = null): (Choice | { group: string; items: Choice[] })[] {
  const byName = named.flatMap(({ latest, project: of, deprecation }) =>
    latest && !deprecation && !latest.deprecation && (of === null || of === project) ? [{ value: latest.reference, label: `${latest.reference} · Python ${latest.python} · ${counted(latest.packages, "package")}` }] : [],
  );
  const ofVersions = environments.map((each) => ({ value: each.hash, label: environmentWords(each) }));
  const isKnown = !chosen || [...byName, ...ofVersions].some(({ value }) => value === chosen);
  const groups = [
    { group: "Of the job", items: isKnown ? [] : [{ value: chosen, label: chosen.slice(0, 12) }] },
    { group: "By name", items: byName },
    { group: "Of versions", items: ofVersions },
  ];
  return [ASKED_FOR, ...groups.filter(({ items }) => items.length > 0)];
}

/** The Python versions to choose from, the newest first. */
export function pythonChoices(known: Pythons | undefined): Choice[] {
  const found = [...(known?.pythons ?? [])].reverse().map((python) => ({ value: python, label: python === known?.own ? `${python} · the server's own` : python }));
  return [ASKED_FOR, ...found];
}

/** What so many replicas cost at most, where the tier has a price. */
export function costWords(tier: Offer | undefined, most: number): string {
  if (tier?.price === null || tier?.price === undefined) return "";
  return `At most ${figure(Number(tier.price) * most)} ${tier.currency} an hour.`.replace("  ", " ");
}

/** What is wrong with a name; nothing where it can be one. */
export function nameFault(name: string): string | undefined {
  if (!name) return "A model needs a name: it is its address.";
  return NAME.test(name) ? undefined : "Lower-case letters, digits, and - . _ between them; at most 64.";
}

/** What is wrong with the numbers of replicas. */
export function replicasFault(least: number, most: number): string | undefined {
  if (most < 1) return "At least 1.";
  return least > most ? "Not fewer than the least." : undefined;
}
