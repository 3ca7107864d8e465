"""Buckets, written exactly once: a file by one put, a folder as parts and then a manifest that names them. Needs the extra `s3`."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq
from botocore.exceptions import BotoCoreError, ClientError

from unshelf.contracts.errors import Conflict, InvalidInput, Unavailable
from unshelf.contracts.protocols.data import ConnectionWrite
from unshelf.develop.connections.allowed_hosts import AllowedHosts
from unshelf.develop.connections.manifests import MANIFEST, FolderManifest, ManifestFile, manifest_bytes
from unshelf.develop.connections.sources.found import is_table, joined
from unshelf.develop.connections.sources.s3 import code_of, listed, manifest_of, no_answer, open_client
from unshelf.develop.connections.targets.row_files import parts_of, rows_in, write_part

FAILED = "failed"
_PART_BYTES = 64 << 20
"""Bytes of a part of a folder."""
_PIECE_BYTES = 64 << 20
"""Bytes of a file that are sent at a time."""
_KEY = "unshelf-write"
"""The name in a file's metadata of the write that put it."""
_ABSENT = ("NoSuchKey", "NotFound", "404")
_CHANGED = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409")
_MOST_TRIES = 10


class _Pair(NamedTuple):
    """A file of rows, and the object or folder that it becomes."""

    file: str
    """Empty: there are no rows."""
    key: str


def open_target(order: ConnectionWrite, hosts: AllowedHosts) -> "BucketFile | BucketFolder":
    """Return the file or the folder at the order's path; the hosts are kept to by the whole process."""
    del hosts
    return BucketFile(order) if is_table(joined(order)) else BucketFolder(order)


class _Bucket:
    """The connection of a file or a folder to its bucket."""

    def __init__(self, order: ConnectionWrite) -> None:
        self._order = order
        self._client = open_client(order)
        self._name = order.settings["bucket"]

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def _at(self, key: str) -> dict[str, str]:
        """Return the parameters that name an object."""
        return {"Bucket": self._name, "Key": key}

    def _head(self, key: str) -> dict[str, Any] | None:
        try:
            return dict(self._client.head_object(**self._at(key)))
        except ClientError as error:
            if code_of(error) in _ABSENT:
                return None
            raise

    def _delete(self, key: str) -> None:
        self._client.delete_object(**self._at(key))

    def _put(self, key: str, place: Path) -> None:
        """Put a file, which is there as a whole or not at all."""
        named, metadata = self._at(key), {_KEY: self._order.key}
        if place.stat().st_size <= _PIECE_BYTES:
            with place.open("rb") as body:
                self._client.put_object(**named, Body=body, Metadata=metadata)
            return
        upload = self._client.create_multipart_upload(**named, Metadata=metadata)["UploadId"]
        try:
            pieces: list[dict[str, object]] = []
            with place.open("rb") as file:
                while piece := file.read(_PIECE_BYTES):
                    number = len(pieces) + 1
                    put = self._client.upload_part(**named, UploadId=upload, PartNumber=number, Body=piece)
                    pieces.append({"ETag": put["ETag"], "PartNumber": number})
            self._client.complete_multipart_upload(**named, UploadId=upload, MultipartUpload={"Parts": pieces})
        except BaseException:
            with contextlib.suppress(ClientError, BotoCoreError):
                self._client.abort_multipart_upload(**named, UploadId=upload)
            raise

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            code = code_of(error) or "no reason given"
            what = f"The S3 server refuses to write {self._order.path!r} in the bucket {self._name}: {code}."
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
                raise Unavailable(what, hint="It is tried again for a while.") from None
            raise InvalidInput(
                what, hint="Check the connection's bucket, and that its credentials may write."
            ) from None
        except BotoCoreError as error:
            raise no_answer(error) from None


class BucketFile(_Bucket):
    """One object, with one beside it for the rows that failed."""

    def __init__(self, order: ConnectionWrite) -> None:
        super().__init__(order)
        if order.if_exists == "append":
            raise InvalidInput(
                f"Rows can't be added to {order.path!r}, which is one file.",
                hint="Name a folder: each write adds files to it.",
            )
        key = joined(order)
        stem, dot, suffix = key.rpartition(".")
        self._pairs = [_Pair(order.failed, f"{stem}.{FAILED}{dot}{suffix}"), _Pair(order.file, key)]

    def check(self) -> None:
        """Raise Conflict where there is a file that stays."""
        with self._explained():
            for pair in self._pairs:
                self._is_ours(pair)

    def write(self) -> int:
        """Put the files and return how many rows there are. A file that this write put is not put again."""
        with self._explained():
            for pair in self._pairs:
                if not pair.file and self._order.if_exists == "replace":
                    self._delete(pair.key)
                if pair.file and not self._is_ours(pair):
                    self._put(pair.key, Path(pair.file))
        return _count(Path(self._order.file))

    def discard(self) -> None:
        """Leave all as it is: a file is there as a whole or not at all."""

    def _is_ours(self, pair: _Pair) -> bool:
        found = self._head(pair.key)
        if found is None:
            return False
        if found.get("Metadata", {}).get(_KEY) == self._order.key:
            return True
        if self._order.if_exists == "fail":
            raise _taken(f"a file {pair.key!r}", "replace takes its place")
        return False


class BucketFolder(_Bucket):
    """A folder of parts that its manifest names, with one beside it for the rows that failed."""

    def __init__(self, order: ConnectionWrite) -> None:
        super().__init__(order)
        key = joined(order)
        self._pairs = [_Pair(order.failed, f"{key}-{FAILED}"), _Pair(order.file, key)]

    def check(self) -> None:
        """Raise Conflict where there are files that stay."""
        with self._explained():
            for pair in self._pairs:
                self._current(pair.key)

    def write(self) -> int:
        """Put the parts, then the manifests; returns how many rows there are. A write that a manifest names is not done again."""
        with self._explained():
            for pair in self._pairs:
                manifest, _ = self._current(pair.key)
                if self._order.key in manifest.writes or (not pair.file and not self._must_empty(manifest)):
                    continue
                files = self._put_parts(pair) if pair.file else []
                for gone in self._publish(pair.key, files):
                    self._delete(f"{pair.key}/{gone}")
        return _count(Path(self._order.file))

    def discard(self) -> None:
        """Remove the parts that no manifest names of a write that is given up."""
        with self._explained():
            for pair in self._pairs:
                found, _ = manifest_of(self._client, self._order, pair.key)
                if found is None or self._order.key not in found.writes:
                    for key in [each for each in listed(self._client, self._order, pair.key) if self._is_own(each)]:
                        self._delete(key)

    def _must_empty(self, manifest: FolderManifest) -> bool:
        return self._order.if_exists == "replace" and bool(manifest.files)

    def _is_own(self, key: str) -> bool:
        return key.rpartition(".")[0].endswith(f"-{self._order.key}")

    def _current(self, folder: str) -> tuple[FolderManifest, str]:
        """Return what the folder holds now, with its ETag. Raises Conflict where that is not to be touched."""
        found, tag = manifest_of(self._client, self._order, folder)
        if found is not None and self._order.key in found.writes:
            return found, tag
        others = [] if found is not None else self._others(folder)
        if self._order.if_exists == "fail" and (others or (found is not None and found.files)):
            raise _taken(f"a folder {folder!r} with files", "append adds to them, replace takes their place")
        if self._order.if_exists == "replace" and others:
            raise Conflict(
                f"The files in {folder!r} are no write of Unshelf, so they are not replaced.",
                hint="Remove them first, or name another folder.",
            )
        if found is None:
            return FolderManifest(files=[ManifestFile(path=path) for path in others], writes=[]), ""
        return found, tag

    def _others(self, folder: str) -> list[str]:
        """Return the tables in a folder without a manifest, relative to it, without those of this write, which was cut off before."""
        keys = (key for key in listed(self._client, self._order, folder) if not self._is_own(key))
        found = [key.removeprefix(f"{folder}/") for key in keys if is_table(key)]
        return sorted(path for path in found if not any(part.startswith((".", "_")) for part in path.split("/")))

    def _put_parts(self, pair: _Pair) -> list[ManifestFile]:
        place = Path(pair.file)
        if place.suffix != ".parquet":
            name = f"part-000000-{self._order.key}{place.suffix}"
            self._put_unless_there(f"{pair.key}/{name}", place)
            return [ManifestFile(path=name)]
        file = pq.ParquetFile(place)
        files = []
        for number, groups in enumerate(parts_of(file, most_bytes=_PART_BYTES)):
            name = f"part-{number:06}-{self._order.key}.parquet"
            part = Path(self._order.scratch) / "part.parquet"
            if self._head(f"{pair.key}/{name}") is None:
                write_part(file, groups, part)
                self._put(f"{pair.key}/{name}", part)
            files.append(ManifestFile(path=name, rows=rows_in(file, groups)))
        return files

    def _put_unless_there(self, key: str, place: Path) -> None:
        if self._head(key) is None:
            self._put(key, place)

    def _publish(self, folder: str, files: list[ManifestFile]) -> list[str]:
        """Have the manifest name the files, also where others change it meanwhile; returns the files that it names no more."""
        for _ in range(_MOST_TRIES):
            before, tag = self._current(folder)
            if self._order.key in before.writes:
                return []
            kept = [] if self._order.if_exists == "replace" else before.files
            after = FolderManifest(files=[*kept, *files], writes=[*before.writes, self._order.key])
            condition = {"IfMatch": tag} if tag else {"IfNoneMatch": "*"}
            try:
                body = manifest_bytes(after)
                self._client.put_object(**self._at(f"{folder}/{MANIFEST}"), Body=body, **condition)
            except ClientError as error:
                if code_of(error) in _CHANGED:
                    continue
                raise
            return [] if kept else [file.path for file in before.files]
        raise Unavailable(
            f"Others change the manifest of {folder!r} all the time.", hint="It is tried again for a while."
        )


def _taken(what: str, values: str) -> Conflict:
    return Conflict(
        f"In the bucket is {what} already.",
        hint=f"Say with if_exists what happens to it: {values}. Or choose another name.",
    )


def _count(place: Path) -> int:
    return pq.ParquetFile(place).metadata.num_rows if place.suffix == ".parquet" else 0
