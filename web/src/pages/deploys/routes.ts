/** Deploys: those under way and those that ended. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { root } from "~/app/root";

const deploys = createRoute({ getParentRoute: () => root, path: "/deploys", component: lazyRouteComponent(() => import("./list"), "DeploysPage") });
const deploy = createRoute({ getParentRoute: () => root, path: "/deploys/$id", component: lazyRouteComponent(() => import("./deploy"), "DeployPage") });

export const deployRoutes = [deploys, deploy];
