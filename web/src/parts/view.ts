/** The state of a view, kept in the address: a reload, a link and the back button keep it. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";

type Value = string | number | boolean;
type Widened<T> = { [K in keyof T]: T[K] extends string ? string : T[K] extends number ? number : boolean };

/** Reads a view out of an address' query: what is missing, or of another type, is as the defaults say. */
export function viewOf<T extends Record<string, Value>>(search: Record<string, unknown>, defaults: T): Widened<T> {
  const entries = Object.entries(defaults).map(([name, usual]) => {
    const given = search[name];
    if (given === undefined || given === null) return [name, usual];
    if (typeof usual === "string") return [name, String(given)];
    return [name, typeof given === typeof usual ? given : usual];
  });
  return Object.fromEntries(entries) as Widened<T>;
}

/** The view, and a function that changes parts of it. What is as usual does not lengthen the address. */
export function useView<T extends Record<string, Value>>(
  defaults: T,
): [Widened<T>, (change: Partial<Widened<T>>, how?: { replace?: boolean }) => void] {
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  const usual = JSON.stringify(defaults);
  const view = useMemo(() => viewOf(search, JSON.parse(usual) as T), [search, usual]);
  const change = useCallback(
    (wanted: Partial<Widened<T>>, how: { replace?: boolean } = {}) => {
      const usually = JSON.parse(usual) as Record<string, Value>;
      void navigate({
        to: ".",
        replace: how.replace ?? true,
        resetScroll: false,
        search: ((before: Record<string, unknown>) => {
          const next: Record<string, unknown> = { ...before, ...wanted };
          for (const name of Object.keys(usually)) if (next[name] === usually[name]) delete next[name];
          return next;
        }) as never,
      });
    },
    [navigate, usual],
  );
  return [view, change];
}
