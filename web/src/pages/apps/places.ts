import { AppWindow } from "lucide-react";

import type { Place } from "~/app/wing";

export const APP_PLACES: Place[] = [{ section: "Deploy", label: "Apps", href: "/apps", icon: AppWindow, permission: "apps.use" }];
