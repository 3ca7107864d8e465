/** Projects, their goals, and requests. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { root } from "~/app/root";

const projects = createRoute({ getParentRoute: () => root, path: "/projects", component: lazyRouteComponent(() => import("./list"), "ProjectsPage") });
const project = createRoute({ getParentRoute: () => root, path: "/projects/$project", component: lazyRouteComponent(() => import("./project"), "ProjectPage") });
const goal = createRoute({ getParentRoute: () => root, path: "/projects/$project/goals/$goal", component: lazyRouteComponent(() => import("./project"), "ProjectPage") });
const requests = createRoute({ getParentRoute: () => root, path: "/requests", component: lazyRouteComponent(() => import("./requests"), "RequestsPage") });
const request = createRoute({ getParentRoute: () => root, path: "/requests/$id", component: lazyRouteComponent(() => import("./request"), "RequestPage") });

export const projectRoutes = [projects, project, goal, requests, request];
