/** Around every page: who is not logged in sees the login, everybody else the shell. */
import { Outlet, useRouterState } from "@tanstack/react-router";
import { useEffect } from "react";

import { $api } from "~/api/client";
import { isProblem } from "~/api/problem";
import { noteSession } from "~/api/session";
import { LoginPage } from "~/pages/access/login";
import { PasswordPage } from "~/pages/access/password";
import { Failure, Waiting } from "~/parts/placeholders";
import { Shell } from "./shell";

const PASSWORD = "/password";

export function Frame() {
  const path = useRouterState({ select: (state) => state.location.pathname });
  if (path === PASSWORD) return <PasswordPage />;
  return <Inside />;
}

function Inside() {
  // Asked first: to ask for a session that is not there would be a refusal, and stand in the log as one.
  const methods = $api.useQuery("get", "/api/v1/session/methods", {}, { staleTime: Infinity });
  const isIn = methods.data?.logged_in === true;
  const session = $api.useQuery("get", "/api/v1/session", {}, { enabled: isIn, staleTime: Infinity });
  const csrf = session.data?.csrf_token;
  useEffect(() => {
    if (csrf) noteSession(csrf);
  }, [csrf]);
  if (session.data) {
    noteSession(session.data.csrf_token); // before the first page asks anything
    return (
      <Shell>
        <Outlet />
      </Shell>
    );
  }
  if (methods.data && !isIn) return <LoginPage />;
  if (isProblem(session.error) && (session.error.code === "unauthenticated" || session.error.code === "not_found")) return <LoginPage />;
  const error = methods.error ?? session.error;
  if (error) return <Failure error={error} again={() => void (methods.error ? methods : session).refetch()} />;
  return <Waiting />;
}
