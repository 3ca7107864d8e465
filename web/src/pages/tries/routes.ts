/** Trying models out. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { root } from "~/app/root";

const tries = createRoute({ getParentRoute: () => root, path: "/models/$ref/try", component: lazyRouteComponent(() => import("./page"), "TryPage") });

export const tryRoutes = [tries];
