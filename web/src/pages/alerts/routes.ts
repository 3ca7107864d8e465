/** Alerts: the list, the card of one, and policies. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { root } from "~/app/root";

const list = createRoute({ getParentRoute: () => root, path: "/alerts", component: lazyRouteComponent(() => import("./list"), "AlertsPage") });
const one = createRoute({ getParentRoute: () => root, path: "/alerts/$id", component: lazyRouteComponent(() => import("./alert"), "AlertPage") });
const policies = createRoute({ getParentRoute: () => root, path: "/alert-policies", component: lazyRouteComponent(() => import("./policies"), "PoliciesPage") });

export const alertRoutes = [list, one, policies];
