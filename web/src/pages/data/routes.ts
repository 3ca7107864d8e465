/** Data: all that one may read, and one. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { root } from "~/app/root";

const all = createRoute({ getParentRoute: () => root, path: "/data", component: lazyRouteComponent(() => import("./list"), "DataPage") });
const one = createRoute({ getParentRoute: () => root, path: "/data/$name", component: lazyRouteComponent(() => import("./one"), "OneDataPage") });

export const dataRoutes = [all, one];
