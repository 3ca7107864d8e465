/** Monitoring: all models by what needs attention. The dashboard of one model is a tab of its page. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { root } from "~/app/root";

const fleet = createRoute({ getParentRoute: () => root, path: "/fleet", component: lazyRouteComponent(() => import("./fleet"), "FleetPage") });

export const monitoringRoutes = [fleet];
