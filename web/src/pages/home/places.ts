import { House } from "lucide-react";

import type { Place } from "~/app/wing";

export const HOME_PLACES: Place[] = [{ section: "", label: "Home", href: "/", icon: House }];
