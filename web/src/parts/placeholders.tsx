/** What stands where content would: nothing there yet, something went wrong, not allowed, still coming. */
import { Alert, Button, Skeleton } from "@mantine/core";
import { CircleX, Inbox, Lock, SearchX } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";

import { isDenied, isMissing, problemOf } from "~/api/problem";
import { Copyable } from "./copy";

const QUIET_MS = 300;

/** What this place is for, and the one next step. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="placeholder">
      <Inbox size={24} aria-hidden className="muted" />
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** What went wrong instead of the content, with the way on. */
export function Failure({ error, again }: { error: unknown; again?: () => void }) {
  const problem = problemOf(error);
  const Icon = isDenied(error) ? Lock : isMissing(error) ? SearchX : CircleX;
  const title = isDenied(error) ? "You may not see this" : isMissing(error) ? "There is nothing here" : "This could not be shown";
  return (
    <div className="placeholder" role="alert">
      <Icon size={24} aria-hidden className="muted" />
      <h2>{title}</h2>
      <p>{problem.detail}</p>
      {problem.hint && <p className="muted">{problem.hint}</p>}
      {problem.id && (
        <p className="muted row">
          Quote this id when you ask for help: <Copyable text={problem.id} />
        </p>
      )}
      {again && !isMissing(error) && (
        <Button variant="default" onClick={again}>
          Ask again
        </Button>
      )}
    </div>
  );
}

/** What an act came to when it failed, shown where the act was taken. */
export function Fault({ error }: { error: unknown }) {
  if (!error) return null;
  const problem = problemOf(error);
  return (
    <Alert color="red" variant="outline" icon={<CircleX size={16} aria-hidden />} role="alert">
      <p style={{ margin: 0 }}>{problem.detail}</p>
      {problem.errors?.map((each, place) => (
        <p key={place} className="small" style={{ margin: "4px 0 0" }}>
          {each.column ? `${each.column}: ` : ""}expected {each.expected}, got {each.got}
        </p>
      ))}
      {problem.hint && <p style={{ margin: "4px 0 0" }}>{problem.hint}</p>}
    </Alert>
  );
}

/** Bars in the place of what comes; nothing at all for the first moments, so that quick answers do not flicker. */
export function Waiting({ lines = 6 }: { lines?: number }) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), QUIET_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div aria-busy="true" aria-label="Loading" role="status" style={{ minHeight: lines * 36 }}>
      {shown && Array.from({ length: lines }, (_, line) => <Skeleton key={line} height={20} my={16} width={`${92 - ((line * 17) % 40)}%`} />)}
    </div>
  );
}

interface Asked<T> {
  data: T | undefined;
  error: unknown;
  isPending: boolean;
  refetch: () => unknown;
}

/** The answer of a query once it is there; else what stands in its place. */
export function Answer<T>({ of, lines, children }: { of: Asked<T>; lines?: number; children: (data: T) => ReactNode }) {
  if (of.data !== undefined) return <>{children(of.data)}</>;
  if (of.error) return <Failure error={of.error} again={() => void of.refetch()} />;
  return <Waiting lines={lines} />;
}
