import { Boxes } from "lucide-react";

import type { Place } from "~/app/wing";

export const ENVIRONMENT_PLACES: Place[] = [{ section: "Develop", label: "Environments", href: "/environments", icon: Boxes, permission: "environments.read" }];
