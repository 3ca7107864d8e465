import { Database } from "lucide-react";

import type { Place } from "~/app/wing";

export const DATA_PLACES: Place[] = [{ section: "Develop", label: "Data", href: "/data", icon: Database, permission: "data.read" }];
