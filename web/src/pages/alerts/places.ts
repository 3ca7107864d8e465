import { BellRing, Workflow } from "lucide-react";

import type { Place } from "~/app/wing";

export const ALERT_PLACES: Place[] = [
  { section: "Monitor", label: "Alerts", href: "/alerts", icon: BellRing, permission: "alerts.read" },
  { section: "Monitor", label: "Alert policies", href: "/alert-policies", icon: Workflow, permission: "alerts.read" },
];
