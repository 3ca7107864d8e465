/** Jobs: all that one may see, and one; their sweeps, schedules and triggers. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { root } from "~/app/root";

const all = createRoute({ getParentRoute: () => root, path: "/jobs", component: lazyRouteComponent(() => import("./list"), "JobsPage") });
const one = createRoute({ getParentRoute: () => root, path: "/jobs/$id", component: lazyRouteComponent(() => import("./job"), "JobPage") });
const sweeps = createRoute({ getParentRoute: () => root, path: "/sweeps", component: lazyRouteComponent(() => import("../sweeps/list"), "SweepsPage") });
const sweep = createRoute({ getParentRoute: () => root, path: "/sweeps/$id", component: lazyRouteComponent(() => import("../sweeps/sweep"), "SweepPage") });
const schedules = createRoute({ getParentRoute: () => root, path: "/schedules", component: lazyRouteComponent(() => import("../schedules/schedules"), "SchedulesPage") });
const schedule = createRoute({ getParentRoute: () => root, path: "/schedules/$id", component: lazyRouteComponent(() => import("../schedules/schedule"), "SchedulePage") });
const triggers = createRoute({ getParentRoute: () => root, path: "/triggers", component: lazyRouteComponent(() => import("../schedules/triggers"), "TriggersPage") });
const trigger = createRoute({ getParentRoute: () => root, path: "/triggers/$id", component: lazyRouteComponent(() => import("../schedules/trigger"), "TriggerPage") });

export const jobRoutes = [all, one, sweeps, sweep, schedules, schedule, triggers, trigger];
