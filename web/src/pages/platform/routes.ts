/** The platform: tiers and quotas. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { root } from "~/app/root";

const tiers = createRoute({ getParentRoute: () => root, path: "/tiers", component: lazyRouteComponent(() => import("./tiers"), "TiersPage") });
const quotas = createRoute({ getParentRoute: () => root, path: "/quotas", component: lazyRouteComponent(() => import("./quotas"), "QuotasPage") });

export const platformRoutes = [tiers, quotas];
