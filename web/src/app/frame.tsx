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
  const session = $api.useQuery("get", "/api/v1/session", {}, { retry: (failures, error) => failures < 5 && !isProblem(error), staleTime: Infinity });
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
  if (isProblem(session.error) && (session.error.code === "unauthenticated" || session.error.code === "not_found")) return <LoginPage />;
  if (session.error) return <Failure error={session.error} again={() => void session.refetch()} />;
  return <Waiting />;
}
