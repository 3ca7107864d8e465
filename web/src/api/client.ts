/** The API, typed by its OpenAPI document: `npm run api` makes `schema.ts` from it. */
import createClient, { type Middleware } from "openapi-fetch";
import createQueries from "openapi-react-query";

import type { paths } from "./schema";
import { csrfToken, noteExpiry } from "./session";

const SAFE = new Set(["GET", "HEAD"]);
const LOGIN = "/api/v1/session";

const session: Middleware = {
  onRequest({ request }) {
    if (!SAFE.has(request.method)) request.headers.set("X-Unshelf-CSRF", csrfToken());
    return request;
  },
  onResponse({ request, response }) {
    const isLogin = new URL(request.url).pathname === LOGIN;
    if (response.status === 401 && !isLogin) noteExpiry();
    return response;
  },
};

export const client = createClient<paths>({ baseUrl: typeof location === "undefined" ? "" : location.origin });
client.use(session);

/** `$api.useQuery("get", "/api/v1/models")`, and so on. */
export const $api = createQueries(client);

/** The value of an answer; a problem is thrown, as queries and mutations do. */
export async function answerOf<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await asked;
  if (error !== undefined || !response.ok) throw error ?? new Error(`The server answered ${response.status}.`);
  return data as T;
}
