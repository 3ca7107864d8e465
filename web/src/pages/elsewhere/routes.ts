/** Models that run elsewhere: the page that registers one. Their records are a tab of the model's page. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { root } from "~/app/root";

const register = createRoute({ getParentRoute: () => root, path: "/register", component: lazyRouteComponent(() => import("./register"), "RegisterPage") });

export const elsewhereRoutes = [register];
