/** What a folder of pages brings: its places in the navigation. Its routes are typed, so `routes.ts` lists these apart. */
import type { LucideIcon } from "lucide-react";

/** The parts of a model's life, in the order of the navigation. */
export const SECTIONS = ["", "Manage", "Develop", "Deploy", "Monitor", "Admin"] as const;

export interface Place {
  section: (typeof SECTIONS)[number];
  label: string;
  href: string;
  /** Other addresses that lie within it. */
  also?: string[];
  icon: LucideIcon;
  /** Who may see it: the permission, anywhere at all. */
  permission?: string;
}
