/** Uploading files: each is known by its digest, and sent once. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

import { answerOf, client } from "./client";

export interface Blob {
  path: string;
  sha256: string;
  size: number;
}

/** The SHA-256 of a file, read piece by piece. Browsers offer their own only on pages that came over TLS. */
export async function digestOf(file: File): Promise<string> {
  const digest = sha256.create();
  const reader = file.stream().getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) digest.update(part.value);
  return bytesToHex(digest.digest());
}

/** Upload a file unless the server has it already; what the API calls it from then on. */
export async function upload(file: File, project: string | undefined, path = file.name): Promise<Blob> {
  const digest = await digestOf(file);
  const { missing } = await answerOf(client.POST("/api/v1/blobs/missing", { body: { digests: [digest] } }));
  if (missing.length) {
    const call = { params: { path: { sha256: digest }, query: { project } }, body: file, bodySerializer: (body: unknown) => body as File, headers: { "Content-Type": "application/octet-stream" } };
    await answerOf(client.PUT("/api/v1/blobs/{sha256}", call as never) as Promise<{ data?: unknown; error?: unknown; response: Response }>);
  }
  return { path, sha256: digest, size: file.size };
}
