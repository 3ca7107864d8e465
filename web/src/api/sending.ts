/** Sending files: each is digested beside the page, and sent if the platform does not have it from this sender. */
import { answerOf, client } from "./client";
import type { DigestAnswer } from "./digests.worker";
import { csrfToken, noteExpiry } from "./session";

const ASKED_AT_ONCE = 10_000;
const SENT_AT_ONCE = 3;

export interface Item {
  /** The path below the folder that it came in. */
  path: string;
  size: number;
  /** The content; gone after a reload, when the platform may have it still. */
  file?: File;
  sha256?: string;
}

export interface Progress {
  stage: "reading" | "sending";
  done: number;
  of: number;
}

export class Lost extends Error {}

/** The files with their digests, all of them there. Throws a problem of the API, Lost, or what `signal` was aborted with. */
export async function send(items: Item[], project: string, tell: (progress: Progress) => void, signal: AbortSignal): Promise<(Item & { sha256: string })[]> {
  const known = await digested(items, tell, signal);
  const sizes = new Map(known.map((item) => [item.sha256, item]));
  const digests = [...sizes.keys()];
  const missing: string[] = [];
  for (let at = 0; at < digests.length; at += ASKED_AT_ONCE) {
    const answer = await answerOf(client.POST("/api/v1/blobs/missing", { body: { digests: digests.slice(at, at + ASKED_AT_ONCE) }, signal }));
    missing.push(...answer.missing);
  }
  const waiting = missing.map((digest) => sizes.get(digest)!);
  const lost = waiting.find(({ file }) => !file);
  if (lost) throw new Lost(`${lost.path} is not kept any more. Drop it again.`);
  const of = waiting.reduce((sum, { size }) => sum + size, 0);
  const sent = new Map<string, number>();
  const say = () => tell({ stage: "sending", done: [...sent.values()].reduce((sum, each) => sum + each, 0), of });
  say();
  const queue = [...waiting];
  await Promise.all(
    Array.from({ length: SENT_AT_ONCE }, async () => {
      for (let item = queue.shift(); item; item = queue.shift()) {
        const { sha256 } = item;
        await put(item, project, (bytes) => (sent.set(sha256, bytes), say()), signal);
      }
    }),
  );
  return known;
}

async function digested(items: Item[], tell: (progress: Progress) => void, signal: AbortSignal): Promise<(Item & { sha256: string })[]> {
  const of = items.reduce((sum, { size, sha256 }) => sum + (sha256 ? 0 : size), 0);
  const worker = new Worker(new URL("./digests.worker.ts", import.meta.url), { type: "module" });
  let done = 0;
  try {
    const found: (Item & { sha256: string })[] = [];
    for (const item of items) {
      const sha256 = item.sha256 ?? (await digest(worker, item, (read) => tell({ stage: "reading", done: done + read, of }), signal));
      if (!item.sha256) done += item.size;
      found.push({ ...item, sha256 });
    }
    return found;
  } finally {
    worker.terminate();
  }
}

function digest(worker: Worker, { path, file }: Item, tell: (read: number) => void, signal: AbortSignal): Promise<string> {
  return new Promise((found, failed) => {
    if (!file) return failed(new Lost(`${path} is not there any more. Drop it again.`));
    signal.addEventListener("abort", () => failed(signal.reason), { once: true });
    worker.onerror = () => failed(new Lost(`${path} can't be read.`));
    worker.onmessage = ({ data: { read, sha256, fault } }: MessageEvent<DigestAnswer>) => {
      if (fault) failed(new Lost(`${path}: ${fault}`));
      else if (sha256) found(sha256);
      else tell(read);
    };
    worker.postMessage(file);
  });
}

/** One file, with its progress, which fetch does not tell. */
function put({ path, file, sha256 }: Item, project: string, tell: (sent: number) => void, signal: AbortSignal): Promise<void> {
  return new Promise((sent, failed) => {
    const request = new XMLHttpRequest();
    const query = project ? `?${new URLSearchParams({ project })}` : "";
    request.open("PUT", `/api/v1/blobs/${sha256}${query}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("X-Unshelf-CSRF", csrfToken());
    request.upload.onprogress = ({ loaded }) => tell(loaded);
    request.onerror = () => failed(new Lost(`${path} could not be sent: the connection broke, or the file was changed meanwhile.`));
    request.onload = () => {
      if (request.status === 401) noteExpiry();
      if (request.status === 200 || request.status === 201) {
        tell(file!.size);
        sent();
      } else failed(problemOf(request));
    };
    signal.addEventListener("abort", () => (request.abort(), failed(signal.reason)), { once: true });
    request.send(file!);
  });
}

function problemOf(request: XMLHttpRequest): unknown {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return new Lost(`The server answered ${request.status}.`);
  }
}
