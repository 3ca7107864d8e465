import { Gauge, KeyRound, ScrollText, Users, UsersRound } from "lucide-react";

import type { Place } from "~/app/wing";

export const ADMIN_PLACES: Place[] = [
  { section: "Admin", label: "Users", href: "/users", icon: Users, permission: "users.read" },
  { section: "Admin", label: "Groups", href: "/groups", icon: UsersRound, permission: "users.read" },
  { section: "Admin", label: "Keys", href: "/keys", icon: KeyRound, permission: "keys.read" },
  { section: "Admin", label: "Audit", href: "/audit", icon: ScrollText, permission: "audit.read" },
  { section: "Admin", label: "Machine", href: "/machine", icon: Gauge, permission: "platform.read" },
];
