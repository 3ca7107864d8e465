/** `/parts`: every shared part in its states. Only a build for developers has it. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { root } from "~/app/root";

declare const __PARTS__: boolean;

const parts = createRoute({ getParentRoute: () => root, path: "/parts", component: __PARTS__ ? lazyRouteComponent(() => import("./parts"), "PartsPage") : undefined });

export const partsRoutes = __PARTS__ ? [parts] : [];
