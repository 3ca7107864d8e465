/** The start page. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { root } from "~/app/root";

const home = createRoute({ getParentRoute: () => root, path: "/", component: lazyRouteComponent(() => import("./home"), "HomePage") });

export const homeRoutes = [home];
