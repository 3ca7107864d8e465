/** What was dropped: which files there are, what they are taken for, and what they say themselves of the form. */

import type { Item } from "~/api/sending";

/** What was left out, and would only be in the way: as the command does. */
const LEFT_OUT = new Set([".git", ".hg", ".svn", "__pycache__", ".venv", "venv", ".tox", ".nox", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".ipynb_checkpoints", "node_modules", ".idea", ".vscode", ".unshelf"]);
const SECRET = /(^|\/)(\.env(\.(?!example|sample|template)[^/]*)?|[^/]*\.(pem|key|p12|pfx|jks|keystore)|id_(rsa|dsa|ecdsa|ed25519)[^/]*|\.netrc|\.pgpass|\.pypirc|\.htpasswd|credentials|credentials\.json|admin-token)$/i;
const JUNK = /(^|\/)(\.DS_Store|Thumbs\.db|[^/]*\.(pyc|swp))$/;
const MODEL = /\.(skops|pkl|pickle|joblib|sav|ubj|cbm|onnx|keras|pt2|pt|pth)$/i;
const PERHAPS_MODEL = /\.(json|txt)$/i;
const NO_MODEL = /(^|\/)(requirements[^/]*\.txt|package\.json|example[^/]*\.json|README[^/]*\.txt)$/i;
const ROWS = /\.(csv|json|jsonl)$/i;
export const MOST_FILES = 10_000;

export interface Kept {
  items: Item[];
  /** Paths that were left out, since they look like secrets. */
  secrets: string[];
}

/** The files without the folder that all of them lie in, and without what no bundle takes. */
export function keptOf(items: Item[]): Kept {
  const used = items.filter(({ path }) => !JUNK.test(path) && !path.split("/").slice(0, -1).some((part) => LEFT_OUT.has(part)));
  const top = used[0]?.path.split("/")[0] ?? "";
  const isInOne = used.length > 0 && used.every(({ path }) => path.startsWith(`${top}/`));
  const paths = isInOne ? used.map((item) => ({ ...item, path: item.path.slice(top.length + 1) })) : used;
  const isSecret = ({ path }: Item) => SECRET.test(path);
  return { items: paths.filter((item) => !isSecret(item)).sort((a, b) => (a.path < b.path ? -1 : 1)), secrets: paths.filter(isSecret).map(({ path }) => path) };
}

export type Kind = "recipe" | "mlflow" | "file" | "files";

/** What the files are taken for. */
export function kindOf(items: Item[]): Kind {
  const paths = new Set(items.map(({ path }) => path));
  if (paths.has("unshelf.toml")) return "recipe";
  if (paths.has("MLmodel")) return "mlflow";
  return items.length === 1 ? "file" : "files";
}

/** Files that may be the model, the likeliest first. */
export function modelsAmong(items: Item[]): string[] {
  const top = items.map(({ path }) => path).filter((path) => !path.includes("/"));
  return [...top.filter((path) => MODEL.test(path)), ...top.filter((path) => PERHAPS_MODEL.test(path) && !NO_MODEL.test(path))];
}

/** Files that may hold rows of an example. */
export function examplesAmong(items: Item[], model: string | null): string[] {
  return items.map(({ path }) => path).filter((path) => ROWS.test(path) && path !== model && !path.includes("/"));
}

export interface Said {
  name?: string;
  project?: string;
  tier?: string;
  min?: number;
  max?: number;
}

/** What an unshelf.toml says of the form: its plain lines, for the server reads it whole. */
export function saidBy(toml: string): Said {
  const said: Said = {};
  let section = "";
  for (const line of toml.split(/\r?\n/)) {
    section = /^\s*\[\s*([\w.-]+)\s*\]/.exec(line)?.[1] ?? section;
    const [, key, text, digits] = /^\s*(\w+)\s*=\s*(?:["']([^"']*)["']|(\d+))\s*(?:#.*)?$/.exec(line) ?? [];
    const where = `${section}.${key}`;
    if (where === "model.name") said.name = text;
    if (where === "model.project") said.project = text;
    if (where === "resources.tier") said.tier = text;
    if (where === "scaling.min" && digits) said.min = Number(digits);
    if (where === "scaling.max" && digits) said.max = Number(digits);
  }
  return said;
}

/** A name for the model that these files are likely to have; empty where none can be. */
export function nameFor(dropped: string): string {
  const plain = dropped.replace(/\.[A-Za-z0-9]{1,6}$/, "").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
  return /^[a-z][a-z0-9-]{0,62}$/.test(plain) ? plain : "";
}

interface Entry {
  isFile: boolean;
  isDirectory: boolean;
  fullPath: string;
  name: string;
}

/** The files of a drop, those of folders in it too. Folders that no bundle takes are not gone through. */
export async function itemsOf(dropped: DataTransfer): Promise<Item[]> {
  const entries = [...dropped.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const found: Item[] = [];
  await Promise.all(entries.map((entry) => gather(entry, found)));
  return found;
}

async function gather(entry: Entry, found: Item[]): Promise<void> {
  if (found.length > MOST_FILES) return;
  if (entry.isFile) {
    const file = await new Promise<File>((done, failed) => (entry as FileSystemFileEntry).file(done, failed));
    found.push({ path: entry.fullPath.replace(/^\//, ""), size: file.size, file });
    return;
  }
  if (LEFT_OUT.has(entry.name)) return;
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((done, failed) => reader.readEntries(done, failed));
    if (some.length === 0) return;
    for (const each of some) await gather(each, found);
  }
}

/** The files of a file chooser, with their paths where a folder was chosen. */
export function itemsOfChooser(files: Iterable<File>): Item[] {
  return [...files].map((file) => ({ path: file.webkitRelativePath || file.name, size: file.size, file }));
}
