/** Monitors: what is watched of models, and what was found. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { root } from "~/app/root";

const all = createRoute({ getParentRoute: () => root, path: "/monitors", component: lazyRouteComponent(() => import("./monitors"), "MonitorsPage") });
const one = createRoute({ getParentRoute: () => root, path: "/monitors/$model/$name", component: lazyRouteComponent(() => import("./monitor"), "MonitorPage") });

export const monitorRoutes = [all, one];
