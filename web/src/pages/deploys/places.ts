import { Rocket } from "lucide-react";

import type { Place } from "~/app/wing";

export const DEPLOY_PLACES: Place[] = [{ section: "Deploy", label: "Deploys", href: "/deploys", also: ["/deploy"], icon: Rocket, permission: "deploys.read" }];
