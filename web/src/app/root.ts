/** The route that all pages lie under. */
import { createRootRoute } from "@tanstack/react-router";

import { NotFound, PageFailed } from "./fallbacks";
import { Frame } from "./frame";

export const root = createRootRoute({ component: Frame, notFoundComponent: NotFound, errorComponent: PageFailed });
