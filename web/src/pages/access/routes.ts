/** Routes of logging in and of one's own page. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { root } from "~/app/root";
import { HomePage } from "../home/home";

const login = createRoute({ getParentRoute: () => root, path: "/login", component: HomePage });
const password = createRoute({ getParentRoute: () => root, path: "/password" });
const device = createRoute({ getParentRoute: () => root, path: "/device", component: lazyRouteComponent(() => import("./device"), "DevicePage") });
const profile = createRoute({ getParentRoute: () => root, path: "/profile", component: lazyRouteComponent(() => import("./profile"), "ProfilePage") });

export const accessRoutes = [login, password, device, profile];
