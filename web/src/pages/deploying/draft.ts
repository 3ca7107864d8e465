/** The deploy that is being filled in or sent. It outlives its page, so that one may look elsewhere meanwhile and come back. */
import { useSyncExternalStore } from "react";

import { answerOf, client } from "~/api/client";
import { askAnew } from "~/api/queries";
import type { FileDeployRequest, JobDetail } from "~/api/schema";
import { send, type Item, type Progress } from "~/api/sending";
import { filesLeft } from "../jobs/deployleft";
import { examplesAmong, keptOf, kindOf, modelsAmong, nameFor, saidBy } from "./found";

export type Choices = Omit<Required<FileDeployRequest>, "files" | "key" | "description" | "requirements" | "alias"> & { requirements: string };

export interface Draft {
  items: Item[];
  secrets: string[];
  choices: Choices;
  progress?: Progress;
  fault?: unknown;
  /** The deploy that it is the change of. */
  from?: string;
}

const NOTHING: Choices = { name: "", project: null, path: null, example: null, job: null, environment: null, python: null, requirements: "", tier: null, min_replicas: null, max_replicas: null, release: null };
const EMPTY: Draft = { items: [], secrets: [], choices: NOTHING };

let draft: Draft = EMPTY;
let sending: AbortController | undefined;
const listeners = new Set<() => void>();

function become(change: Partial<Draft>) {
  draft = { ...draft, ...change };
  for (const listener of listeners) listener();
}

export function useDraft(): Draft {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => draft,
  );
}

export function choose(change: Partial<Choices>) {
  become({ choices: { ...draft.choices, ...change }, fault: undefined });
}

/** Add what was dropped; a file at the same path takes the place of the one before. The first drop fills the form. */
export async function add(dropped: Item[]) {
  const { items: found, secrets } = keptOf(dropped);
  const paths = new Set(found.map(({ path }) => path));
  const items = [...draft.items.filter(({ path }) => !paths.has(path)), ...found].sort((a, b) => (a.path < b.path ? -1 : 1));
  const isFirst = draft.items.length === 0;
  become({ items, secrets: [...new Set([...draft.secrets, ...secrets])], fault: undefined });
  if (!isFirst) {
    if (draft.choices.path === null && kindOf(items) === "files") choose({ path: modelsAmong(items)[0] ?? null });
    return;
  }
  const recipe = found.find(({ path }) => path === "unshelf.toml")?.file;
  const said = recipe ? saidBy(await recipe.text()) : {};
  const folder = dropped[0]?.path.includes("/") ? dropped[0].path.split("/")[0]! : (found[0]?.path ?? "");
  const path = kindOf(found) === "files" ? (modelsAmong(found)[0] ?? null) : null;
  choose({ name: said.name ?? nameFor(folder), project: said.project ?? null, tier: said.tier ?? null, min_replicas: said.min ?? null, max_replicas: said.max ?? null, path });
}

export function remove(path: string) {
  const { choices } = draft;
  become({ items: draft.items.filter((item) => item.path !== path), choices: { ...choices, path: choices.path === path ? null : choices.path, example: choices.example === path ? null : choices.example } });
}

export function startOver() {
  sending?.abort();
  draft = EMPTY;
  become({});
}

/** Fill the form as a deploy was asked for, with the contents that this page still has of it. */
export function takeUp(from: string, request: FileDeployRequest) {
  if (draft.from === from) return;
  const files = new Map(draft.items.map((item) => [`${item.path}\n${item.size}`, item.file]));
  const { files: listed, requirements, ...rest } = request;
  const items = listed.map(({ path, sha256, size }) => ({ path, sha256, size, file: files.get(`${path}\n${size}`) }));
  const { key: _, description: __, ...choices } = { ...NOTHING, ...rest };
  become({ items, secrets: [], choices: { ...choices, requirements: (requirements ?? []).join("\n") }, from, fault: undefined, progress: undefined });
}

/** Fill the form with what the last attempt of a job left, in its environment. */
export async function takeUpJob({ id, name, project, environment, runs }: Pick<JobDetail, "id" | "name" | "project" | "environment" | "runs">) {
  if (draft.choices.job === id) return;
  const items: Item[] = filesLeft(runs).map(({ path, sha256, size }) => ({ path, sha256, size }));
  const path = kindOf(items) === "files" ? (modelsAmong(items)[0] ?? null) : null;
  const example = path ? (examplesAmong(items, path).find((each) => /^example\b/.test(each)) ?? null) : null;
  become({ items, secrets: [], choices: { ...NOTHING, name: nameFor(name), project, path, example, environment, job: id }, from: undefined, fault: undefined, progress: undefined });
  if (!items.some(({ path: each }) => each === "unshelf.toml")) return;
  const said = await client.GET("/api/v1/jobs/{id}/files", { params: { path: { id }, query: { path: "unshelf.toml" } }, parseAs: "text" });
  const { name: given, tier = null, min = null, max = null } = saidBy(said.data ? String(said.data) : "");
  if (draft.choices.job === id && !draft.progress) choose({ name: given ?? draft.choices.name, tier, min_replicas: min, max_replicas: max });
}

export function cancelSending() {
  sending?.abort();
}

/** Send the files and begin the deploy; its id, or nothing where that failed, or was cancelled. */
export async function begin(project: string): Promise<string | undefined> {
  const controller = new AbortController();
  sending = controller;
  become({ fault: undefined, progress: { stage: "reading", done: 0, of: 0 } });
  const { choices, items } = draft;
  try {
    const sent = await send(items, project, (progress) => become({ progress }), controller.signal);
    become({ items: sent });
    const { requirements, ...rest } = choices;
    const lines = requirements.split("\n").map((line) => line.trim()).filter((line) => line && !line.startsWith("#"));
    const body = { ...rest, project, python: choices.environment ? null : choices.python, requirements: choices.environment ? [] : lines, files: sent.map(({ path, sha256, size }) => ({ path, sha256, size })), key: crypto.getRandomValues(new Uint32Array(6)).join("-").slice(0, 64) };
    const { id } = await answerOf(client.POST("/api/v1/deploys/files", { body, signal: controller.signal }));
    void askAnew("/api/v1/deploys");
    become({ progress: undefined, from: id });
    return id;
  } catch (error) {
    become({ progress: undefined, fault: controller.signal.aborted ? undefined : error });
    return undefined;
  } finally {
    if (sending === controller) sending = undefined;
  }
}

/** Forget the files of a deploy that is done. */
export function settle(id: string) {
  if (draft.from === id && !draft.progress) startOver();
}
