/** Administration: people, keys, the event log, the machine. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { root } from "~/app/root";

const users = createRoute({ getParentRoute: () => root, path: "/users", component: lazyRouteComponent(() => import("./users"), "UsersPage") });
const user = createRoute({ getParentRoute: () => root, path: "/users/$user", component: lazyRouteComponent(() => import("./user"), "UserPage") });
const groups = createRoute({ getParentRoute: () => root, path: "/groups", component: lazyRouteComponent(() => import("./groups"), "GroupsPage") });
const group = createRoute({ getParentRoute: () => root, path: "/groups/$group", component: lazyRouteComponent(() => import("./groups"), "GroupPage") });
const keys = createRoute({ getParentRoute: () => root, path: "/keys", component: lazyRouteComponent(() => import("./keys"), "KeysPage") });
const audit = createRoute({ getParentRoute: () => root, path: "/audit", component: lazyRouteComponent(() => import("./audit"), "AuditPage") });
const machine = createRoute({ getParentRoute: () => root, path: "/machine", component: lazyRouteComponent(() => import("./machine"), "MachinePage") });

export const adminRoutes = [users, user, groups, group, keys, audit, machine];
