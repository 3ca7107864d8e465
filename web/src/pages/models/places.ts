import { Package } from "lucide-react";

import type { Place } from "~/app/wing";

export const MODEL_PLACES: Place[] = [{ section: "Deploy", label: "Models", href: "/models", icon: Package, permission: "model.read" }];
