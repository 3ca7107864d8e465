/** Problems: what the API says went wrong, in words for people. */
import type { ProblemAnswer } from "./schema";

export type Problem = Pick<ProblemAnswer, "code" | "detail"> & Partial<ProblemAnswer>;

export function isProblem(error: unknown): error is Problem {
  return typeof error === "object" && error !== null && "code" in error && "detail" in error;
}

/** Any error as a problem. One that is none came from the way to the server. */
export function problemOf(error: unknown): Problem {
  if (isProblem(error)) return error;
  return {
    code: "unavailable",
    status: 503,
    detail: "The server did not answer.",
    hint: "Nothing was lost that the server had already taken. The page asks again by itself.",
  };
}

export function isMissing(error: unknown): boolean {
  return isProblem(error) && error.code === "not_found";
}

export function isDenied(error: unknown): boolean {
  return isProblem(error) && error.code === "forbidden";
}
