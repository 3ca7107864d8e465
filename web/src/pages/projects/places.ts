import { FolderKanban, MessageCircleQuestion } from "lucide-react";

import type { Place } from "~/app/wing";

export const PROJECT_PLACES: Place[] = [
  { section: "Manage", label: "Projects", href: "/projects", icon: FolderKanban, permission: "project.read" },
  { section: "Manage", label: "Requests", href: "/requests", icon: MessageCircleQuestion },
];
