/** What was used, what it cost, and what it may cost. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { root } from "~/app/root";

const usage = createRoute({ getParentRoute: () => root, path: "/usage", component: lazyRouteComponent(() => import("./usage"), "UsagePage") });
const budgets = createRoute({ getParentRoute: () => root, path: "/budgets", component: lazyRouteComponent(() => import("./budgets"), "BudgetsPage") });

const capacity = createRoute({ getParentRoute: () => root, path: "/capacity", component: lazyRouteComponent(() => import("./capacity"), "CapacityPage") });

export const usageRoutes = [usage, budgets, capacity];
