import { CalendarClock, Gauge, Grid3x3, Play, Table2, Workflow, Zap } from "lucide-react";

import type { Place } from "~/app/wing";

export const JOB_PLACES: Place[] = [
  { section: "Develop", label: "Jobs", href: "/jobs", icon: Play, permission: "jobs.read" },
  { section: "Develop", label: "Pipelines", href: "/pipelines", icon: Workflow, permission: "jobs.read" },
  { section: "Develop", label: "Scorings", href: "/scorings", icon: Table2, permission: "jobs.read" },
  { section: "Develop", label: "Benches", href: "/benches", icon: Gauge, permission: "jobs.read" },
  { section: "Develop", label: "Sweeps", href: "/sweeps", icon: Grid3x3, permission: "jobs.read" },
  { section: "Develop", label: "Schedules", href: "/schedules", icon: CalendarClock, permission: "jobs.read" },
  { section: "Develop", label: "Triggers", href: "/triggers", icon: Zap, permission: "jobs.read" },
];
