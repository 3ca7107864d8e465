/** Diagnosis: where a drift or a fall of quality of a model comes from. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { root } from "~/app/root";

const one = createRoute({ getParentRoute: () => root, path: "/models/$ref/diagnosis", component: lazyRouteComponent(() => import("./page"), "DiagnosisPage") });

export const diagnosisRoutes = [one];
