/** The cache of answers: kept while they are fresh, asked anew when an event says that they changed. */
import { QueryClient } from "@tanstack/react-query";

import { isProblem } from "./problem";

const FRESH_MS = 20_000;
const TRIES = 3;

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: FRESH_MS,
      retry: (failures, error) => failures < TRIES && (!isProblem(error) || (error.status ?? 0) >= 502),
      refetchOnWindowFocus: true,
    },
    mutations: { retry: false },
  },
});

/** Ask anew whatever begins with one of these paths of the API. */
export function askAnew(...starts: string[]) {
  return queries.invalidateQueries({
    predicate: ({ queryKey }) => {
      const path = queryKey.find((part) => typeof part === "string" && part.startsWith("/api/"));
      return typeof path === "string" && starts.some((start) => path.startsWith(start));
    },
  });
}
