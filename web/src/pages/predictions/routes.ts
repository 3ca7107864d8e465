/** Predictions: of all models, and of one. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { root } from "~/app/root";

const page = lazyRouteComponent(() => import("./page"), "PredictionsPage");
const all = createRoute({ getParentRoute: () => root, path: "/predictions", component: page });
const ofModel = createRoute({ getParentRoute: () => root, path: "/models/$ref/predictions", component: page });

export const predictionRoutes = [all, ofModel];
