/** Who is logged in here: the token that changes need, and whether the session has ended meanwhile. */
import { useSyncExternalStore } from "react";

interface State {
  csrf: string;
  expired: boolean;
}

let state: State = { csrf: "", expired: false };
const listeners = new Set<() => void>();

function become(next: State) {
  state = next;
  for (const listener of listeners) listener();
}

export function csrfToken(): string {
  return state.csrf;
}

/** A session was opened, or found: changes carry its token from now on. */
export function noteSession(csrf: string) {
  if (csrf !== state.csrf || state.expired) become({ csrf, expired: false });
}

/** An answer was 401 while somebody was logged in: the page stays as it is, and asks for a login over it. */
export function noteExpiry() {
  if (state.csrf !== "" && !state.expired) become({ ...state, expired: true });
}

export function useExpired(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state.expired,
  );
}
