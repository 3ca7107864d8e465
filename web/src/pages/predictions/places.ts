import { ListOrdered } from "lucide-react";

import type { Place } from "~/app/wing";

export const PREDICTION_PLACES: Place[] = [{ section: "Monitor", label: "Predictions", href: "/predictions", icon: ListOrdered, permission: "records.read" }];
