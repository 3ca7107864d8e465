import { Radar } from "lucide-react";

import type { Place } from "~/app/wing";

export const MONITORING_PLACES: Place[] = [{ section: "Monitor", label: "Fleet", href: "/fleet", icon: Radar, permission: "model.inspect" }];
