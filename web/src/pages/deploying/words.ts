/** Sentences of the form: what a tier is and costs, what an environment is, what a name means. */
import type { Environment, TierDetail } from "~/api/schema";
import { bytes, counted, figure } from "~/parts/figures";

type Offer = Pick<TierDetail, "name" | "cpu" | "memory_bytes" | "gpu" | "price" | "currency">;

const NAME = /^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$/;

export function tierWords({ name, cpu, memory_bytes, gpu, price, currency }: Offer): string {
  const parts = [name, counted(cpu, "core"), bytes(memory_bytes)];
  if (gpu) parts.push(counted(gpu, "GPU"));
  if (price !== null && price !== undefined) parts.push(`${figure(Number(price))} ${currency} an hour`.replace("  ", " "));
  return parts.join(" · ");
}

export function environmentWords({ hash, python, packages, versions }: Environment): string {
  const of = versions.length ? `${versions.slice(0, 3).join(", ")}${versions.length > 3 ? " …" : ""}` : hash.slice(0, 12);
  return `${of} · Python ${python} · ${counted(packages, "package")}`;
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
