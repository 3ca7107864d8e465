/** Deploying from the page. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { root } from "~/app/root";

const deploying = createRoute({ getParentRoute: () => root, path: "/deploy", component: lazyRouteComponent(() => import("./page"), "DeployingPage") });

export const deployingRoutes = [deploying];
