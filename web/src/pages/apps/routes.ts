/** Apps: the list, one as people use it, and the page of those who make it. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { root } from "~/app/root";

const apps = createRoute({ getParentRoute: () => root, path: "/apps", component: lazyRouteComponent(() => import("./list"), "AppsPage") });
const app = createRoute({ getParentRoute: () => root, path: "/apps/$name", component: lazyRouteComponent(() => import("./page"), "AppPage") });
const edit = createRoute({ getParentRoute: () => root, path: "/apps/$name/edit", component: lazyRouteComponent(() => import("./edit"), "EditAppPage") });
const make = createRoute({ getParentRoute: () => root, path: "/models/$ref/app", component: lazyRouteComponent(() => import("./edit"), "NewAppPage") });

export const appRoutes = [apps, app, edit, make];
