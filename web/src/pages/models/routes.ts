/** Models: the catalogue, and the page of one. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { root } from "~/app/root";

const models = createRoute({ getParentRoute: () => root, path: "/models", component: lazyRouteComponent(() => import("./catalogue"), "ModelsPage") });
const model = createRoute({ getParentRoute: () => root, path: "/models/$ref", component: lazyRouteComponent(() => import("./model"), "ModelPage") });

export const modelRoutes = [models, model];
