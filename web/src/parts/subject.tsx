/** Subjects and actors as the API writes them, in words for people. */
import { PageLink, path } from "./link";

const ACTOR = /^(.*) \(([0-9a-z]{26})\)$/;
const ID = /^[0-9a-z]{26}$/;

/** `olga` of `olga (01m8na00wfw6d66wjg02sr2czs)`: names are unique for good. */
export function personName(actor: string | null | undefined): string {
  return ACTOR.exec(actor ?? "")?.[1] ?? actor ?? "";
}

/** A sentence of the API without the ids of the people in it. */
export function withoutIds(text: string): string {
  return text.replaceAll(/ \([0-9a-z]{26}\)/g, "");
}

export function Person({ actor }: { actor: string | null | undefined }) {
  return <span title={actor ?? undefined}>{personName(actor) || "–"}</span>;
}

/** The page of a subject; undefined: it has none. */
export function pageOf(kind: string, name: string): string | undefined {
  switch (kind) {
    case "model":
    case "version":
    case "release":
      return path`/models/${name}`;
    case "project":
      return path`/projects/${name}`;
    case "deploy":
      return path`/deploys/${name}`;
    case "job":
      return path`/jobs/${name}`;
    case "pipeline":
      return path`/pipelines/${name}`;
    case "pipeline_run":
      return path`/pipeline-runs/${name}`;
    case "scoring":
      return path`/scorings/${name}`;
    case "bench":
      return path`/benches/${name}`;
    case "sweep":
      return path`/sweeps/${name}`;
    case "schedule":
      return path`/schedules/${name}`;
    case "trigger":
      return path`/triggers/${name}`;
    case "alert":
      return path`/alerts/${name}`;
    case "alert_policy":
      return "/alert-policies";
    case "request":
      return path`/requests/${name}`;
    default:
      return undefined;
  }
}

export function SubjectLink({ kind, name }: { kind: string; name: string }) {
  const page = pageOf(kind, name);
  const shown = ID.test(name) ? `${kind} ${name.slice(-6)}` : personName(name);
  return page ? <PageLink href={page}>{shown}</PageLink> : <>{shown}</>;
}

/** `Request granted` of `request.granted`. */
export function actionWords(action: string): string {
  const words = action.replaceAll(/[._]/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
