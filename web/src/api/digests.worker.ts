/** Digests of files, beside the page, which stays quick meanwhile: takes files one after the other, tells how far it is. */
import { sha256 } from "@noble/hashes/sha2.js"; // the browser's own takes a whole file at once, and only over HTTPS
import { bytesToHex } from "@noble/hashes/utils.js";

const CHUNK = 4 << 20;

export interface DigestAnswer {
  /** Bytes read of the file. */
  read: number;
  /** The digest, once it is known. */
  sha256?: string;
  fault?: string;
}

onmessage = async ({ data }: MessageEvent<File>) => {
  const hash = sha256.create();
  try {
    for (let at = 0; at < data.size; at += CHUNK) {
      hash.update(new Uint8Array(await data.slice(at, at + CHUNK).arrayBuffer()));
      postMessage({ read: Math.min(at + CHUNK, data.size) } satisfies DigestAnswer);
    }
    postMessage({ read: data.size, sha256: bytesToHex(hash.digest()) } satisfies DigestAnswer);
  } catch {
    postMessage({ read: 0, fault: "It can't be read any more: it was changed or moved." } satisfies DigestAnswer);
  }
};
