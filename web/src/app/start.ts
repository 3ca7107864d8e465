/** What every page asks, begun before the first one is drawn: each answer that a page waited for would come one after the other. */
import { $api } from "~/api/client";
import { LONG_MS } from "~/api/permissions";
import { queries } from "~/api/queries";

/** Ask who is logged in, then, of somebody who is, for the session and what they may do. A refusal is shown by who asks again. */
export async function askFirst(): Promise<void> {
  const methods = await queries.fetchQuery({ ...$api.queryOptions("get", "/api/v1/session/methods", {}), staleTime: Infinity });
  if (!methods.logged_in) return;
  await Promise.all([
    queries.prefetchQuery({ ...$api.queryOptions("get", "/api/v1/session", {}), staleTime: Infinity }),
    queries.prefetchQuery({ ...$api.queryOptions("get", "/api/v1/whoami", {}), staleTime: LONG_MS }),
    queries.prefetchQuery({ ...$api.queryOptions("get", "/api/v1/roles", {}), staleTime: LONG_MS }),
  ]);
}
