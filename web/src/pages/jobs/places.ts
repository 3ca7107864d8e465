import { CalendarClock, Grid3x3, Play, Zap } from "lucide-react";

import type { Place } from "~/app/wing";

export const JOB_PLACES: Place[] = [
  { section: "Develop", label: "Jobs", href: "/jobs", icon: Play, permission: "jobs.read" },
  { section: "Develop", label: "Sweeps", href: "/sweeps", icon: Grid3x3, permission: "jobs.read" },
  { section: "Develop", label: "Schedules", href: "/schedules", icon: CalendarClock, permission: "jobs.read" },
  { section: "Develop", label: "Triggers", href: "/triggers", icon: Zap, permission: "jobs.read" },
];
