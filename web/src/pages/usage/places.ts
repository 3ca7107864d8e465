import { Gauge, PiggyBank, ReceiptText } from "lucide-react";

import type { Place } from "~/app/wing";

export const USAGE_PLACES: Place[] = [
  { section: "Monitor", label: "Usage", href: "/usage", icon: ReceiptText, permission: "project.read" },
  { section: "Monitor", label: "Budgets", href: "/budgets", icon: PiggyBank, permission: "project.read" },
  { section: "Admin", label: "Capacity", href: "/capacity", icon: Gauge, permission: "platform.read" },
];
