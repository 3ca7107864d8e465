"""Blobs in S3 and what speaks its protocol. The object of `abcd…` is `PREFIX/ab/abcd…`, as in a folder of files."""

import contextlib
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

from unshelf.contracts.bundle import is_digest
from unshelf.contracts.errors import NotFound
from unshelf.runtime.blobs.port import CHUNK_BYTES, UNTOUCHED_SECONDS, BlobSettings, checked_digest
from unshelf.runtime.blobs.writing import VerifiedChunks
from unshelf.runtime.s3 import BLOCK_BYTES, Location, s3_errors

_PARALLEL = 16


class S3Blobs:
    """Keeps the promises of `Blobs` in a bucket: an object is visible when its upload is complete, and not before."""

    def __init__(self, location: Location) -> None:
        self._location = location
        self._files: Any = location.filesystem

    @classmethod
    def from_settings(cls, settings: BlobSettings) -> Self:
        """Name the bucket of the settings; nothing is asked of it yet."""
        return cls(Location(settings.setting, settings.s3_endpoint))

    def check(self) -> None:
        """Ask for the bucket."""
        self._location.require()

    def missing(self, digests: Iterable[str]) -> list[str]:
        """Return the digests that have no object, asking for several at a time."""
        wanted = list(dict.fromkeys(digests))
        found = self.sizes(wanted)
        return [digest for digest in wanted if digest not in found]

    def sizes(self, digests: Iterable[str]) -> dict[str, int]:
        """Return the sizes of the objects, asking for several at a time."""
        wanted = list(dict.fromkeys(digests))
        keys = [self._key(digest) for digest in wanted]
        with ThreadPoolExecutor(min(_PARALLEL, len(keys) or 1)) as pool:
            sizes = zip(wanted, pool.map(self._size, keys), strict=True)
            return {digest: size for digest, size in sizes if size is not None}

    def put(self, digest: str, chunks: Iterable[bytes], *, limit: int) -> int:
        """Upload in parts, verify, then complete the upload."""
        verified = VerifiedChunks(digest, chunks, limit=limit)
        with self._errors():
            upload = self._files.open(self._key(digest), "wb", block_size=BLOCK_BYTES, autocommit=False)
        try:
            for chunk in verified:
                with self._errors():
                    upload.write(chunk)
            with self._errors():
                upload.close()  # the last part; without autocommit it completes nothing
                upload.commit()
        except BaseException:
            upload.closed = True  # or the file's finaliser would upload what is left in its buffer
            with self._errors():
                upload.discard()
            raise
        return verified.size

    def read(self, digest: str) -> bytes:
        """Return the object's content."""
        return b"".join(self.chunks(digest))

    def chunks(self, digest: str) -> Iterator[bytes]:
        """Yield the object's content, which is read ahead by a few megabytes."""
        try:
            with self._errors():
                file = self._files.open(self._key(digest), "rb", cache_type="readahead", block_size=BLOCK_BYTES)
        except FileNotFoundError:
            raise NotFound(f"There is no file {digest} in {self._location.root}.") from None
        with file:
            while chunk := self._next(file, digest):
                yield chunk

    def delete(self, digests: Iterable[str]) -> None:
        """Remove the objects, several at a time."""
        keys = [self._key(digest) for digest in digests]
        with ThreadPoolExecutor(min(_PARALLEL, len(keys) or 1)) as pool:
            list(pool.map(self._remove, keys))

    def stored(self) -> Iterator[tuple[str, float]]:
        """Yield every object's digest and time."""
        with self._errors():
            found = self._files.find(self._location.root, detail=True)
        for key, facts in found.items():
            digest = key.rpartition("/")[2]
            if is_digest(digest):
                yield digest, facts["LastModified"].timestamp()

    def discard_unfinished(self, *, untouched_seconds: float = UNTOUCHED_SECONDS) -> None:
        """Abort uploads below the prefix of which no part came lately."""
        before = time.time() - untouched_seconds
        bucket = self._location.bucket
        prefix = self._location.key("").removeprefix(f"{bucket}/")
        with self._errors():
            for upload in self._files.list_multipart_uploads(bucket):
                if not upload["Key"].startswith(prefix) or upload["Initiated"].timestamp() > before:
                    continue
                named = {"Bucket": bucket, "Key": upload["Key"], "UploadId": upload["UploadId"]}
                with contextlib.suppress(FileNotFoundError):  # finished meanwhile, or aborted by another process
                    if self._touched_at(named) <= before:
                        self._files.call_s3("abort_multipart_upload", **named)

    def _touched_at(self, upload: dict[str, str]) -> float:
        """Return the Unix time of the upload's newest part; 0: it has none."""
        newest, marker = 0.0, 0
        while True:
            page = self._files.call_s3("list_parts", **upload, PartNumberMarker=marker)
            for part in page.get("Parts", ()):
                newest = max(newest, float(part["LastModified"].timestamp()))
            if not page.get("IsTruncated"):
                return newest
            marker = page["NextPartNumberMarker"]

    def _key(self, digest: str) -> str:
        return self._location.key(f"{checked_digest(digest)[:2]}/{digest}")

    def _size(self, key: str) -> int | None:
        try:
            with self._errors():
                return int(self._files.info(key)["size"])
        except FileNotFoundError:
            return None

    def _remove(self, key: str) -> None:
        with self._errors():
            self._files.rm_file(key)

    def _next(self, file: Any, digest: str) -> bytes:
        try:
            with self._errors():
                chunk: bytes = file.read(CHUNK_BYTES)
        except FileNotFoundError:
            raise NotFound(f"There is no file {digest} in {self._location.root} any more.") from None
        return chunk

    def _errors(self) -> Any:
        return s3_errors(self._location.bucket)
