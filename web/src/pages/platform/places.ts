import { Layers, Scale } from "lucide-react";

import type { Place } from "~/app/wing";

export const PLATFORM_PLACES: Place[] = [
  { section: "Admin", label: "Tiers", href: "/tiers", icon: Layers, permission: "platform.read" },
  { section: "Admin", label: "Quotas", href: "/quotas", icon: Scale, permission: "platform.read" },
];
