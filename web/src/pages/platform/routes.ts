/** The platform: alerts, tiers, quotas. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { root } from "~/app/root";

const alerts = createRoute({ getParentRoute: () => root, path: "/alerts", component: lazyRouteComponent(() => import("./alerts"), "AlertsPage") });
const tiers = createRoute({ getParentRoute: () => root, path: "/tiers", component: lazyRouteComponent(() => import("./tiers"), "TiersPage") });
const quotas = createRoute({ getParentRoute: () => root, path: "/quotas", component: lazyRouteComponent(() => import("./quotas"), "QuotasPage") });

export const platformRoutes = [alerts, tiers, quotas];
