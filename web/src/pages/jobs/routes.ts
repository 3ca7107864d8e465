/** Jobs: all that one may see, and one; pipelines, scorings, benches, sweeps, schedules and triggers. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { root } from "~/app/root";

const all = createRoute({ getParentRoute: () => root, path: "/jobs", component: lazyRouteComponent(() => import("./list"), "JobsPage") });
const one = createRoute({ getParentRoute: () => root, path: "/jobs/$id", component: lazyRouteComponent(() => import("./job"), "JobPage") });
const scorings = createRoute({ getParentRoute: () => root, path: "/scorings", component: lazyRouteComponent(() => import("../scorings/list"), "ScoringsPage") });
const scoring = createRoute({ getParentRoute: () => root, path: "/scorings/$id", component: lazyRouteComponent(() => import("../scorings/scoring"), "ScoringPage") });
const benches = createRoute({ getParentRoute: () => root, path: "/benches", component: lazyRouteComponent(() => import("../benches/list"), "BenchesPage") });
const bench = createRoute({ getParentRoute: () => root, path: "/benches/$id", component: lazyRouteComponent(() => import("../benches/bench"), "BenchPage") });
const sweeps = createRoute({ getParentRoute: () => root, path: "/sweeps", component: lazyRouteComponent(() => import("../sweeps/list"), "SweepsPage") });
const sweep = createRoute({ getParentRoute: () => root, path: "/sweeps/$id", component: lazyRouteComponent(() => import("../sweeps/sweep"), "SweepPage") });
const schedules = createRoute({ getParentRoute: () => root, path: "/schedules", component: lazyRouteComponent(() => import("../schedules/schedules"), "SchedulesPage") });
const schedule = createRoute({ getParentRoute: () => root, path: "/schedules/$id", component: lazyRouteComponent(() => import("../schedules/schedule"), "SchedulePage") });
const triggers = createRoute({ getParentRoute: () => root, path: "/triggers", component: lazyRouteComponent(() => import("../schedules/triggers"), "TriggersPage") });
const trigger = createRoute({ getParentRoute: () => root, path: "/triggers/$id", component: lazyRouteComponent(() => import("../schedules/trigger"), "TriggerPage") });
const pipelines = createRoute({ getParentRoute: () => root, path: "/pipelines", component: lazyRouteComponent(() => import("../pipelines/list"), "PipelinesPage") });
const pipeline = createRoute({ getParentRoute: () => root, path: "/pipelines/$id", component: lazyRouteComponent(() => import("../pipelines/pipeline"), "PipelinePage") });
const pipelineRun = createRoute({ getParentRoute: () => root, path: "/pipeline-runs/$id", component: lazyRouteComponent(() => import("../pipelines/run"), "PipelineRunPage") });

export const jobRoutes = [all, one, pipelines, pipeline, pipelineRun, scorings, scoring, benches, bench, sweeps, sweep, schedules, schedule, triggers, trigger];
