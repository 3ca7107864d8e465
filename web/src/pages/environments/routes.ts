/** Environments: by name and by hash, and the builds that make them. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { root } from "~/app/root";

const all = createRoute({ getParentRoute: () => root, path: "/environments", component: lazyRouteComponent(() => import("./list"), "EnvironmentsPage") });
const named = createRoute({ getParentRoute: () => root, path: "/environments/names/$name", component: lazyRouteComponent(() => import("./named"), "NamedEnvironmentPage") });
const build = createRoute({ getParentRoute: () => root, path: "/environments/builds/$id", component: lazyRouteComponent(() => import("./build"), "EnvironmentBuildPage") });
const one = createRoute({ getParentRoute: () => root, path: "/environments/$ref", component: lazyRouteComponent(() => import("./one"), "EnvironmentPage") });

export const environmentRoutes = [all, named, build, one];
