/** The start page, which is most people's first one and comes with the first scripts. */
import { createRoute } from "@tanstack/react-router";

import { root } from "~/app/root";
import { HomePage } from "./home";

const home = createRoute({ getParentRoute: () => root, path: "/", component: HomePage });

export const homeRoutes = [home];
