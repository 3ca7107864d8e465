/** Trying models out. */
import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";

import { root } from "~/app/root";

const tries = createRoute({ getParentRoute: () => root, path: "/models/$ref/try", component: lazyRouteComponent(() => import("./page"), "TryPage") });

/** A scenario has no page of its own: it opens the form with its values. */
const scenario = createRoute({
  getParentRoute: () => root,
  path: "/models/$ref/scenarios/$id",
  beforeLoad: ({ params: { ref, id } }) => {
    throw redirect({ to: "/models/$ref/try", params: { ref }, search: { scenario: id } as never, replace: true });
  },
});

export const tryRoutes = [tries, scenario];
