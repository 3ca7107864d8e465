import { HeartPulse } from "lucide-react";

import type { Place } from "~/app/wing";

export const MONITOR_PLACES: Place[] = [{ section: "Monitor", label: "Monitors", href: "/monitors", icon: HeartPulse, permission: "model.inspect" }];
