"""Buckets of S3 and what speaks its protocol. Needs the extra `s3`."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import botocore.session
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from unshelf.contracts.errors import InvalidInput, NotFound, Unavailable
from unshelf.contracts.protocols.data import ConnectionAccess, ConnectionOrder, FoundFile
from unshelf.develop.connections.kinds import endpoint_of
from unshelf.develop.connections.manifests import MANIFEST, FolderManifest, is_part, read_manifest
from unshelf.develop.connections.sources.found import (
    MOST_FILES,
    Download,
    below_prefix,
    is_table,
    joined,
    listed_among,
    nothing_at,
    tables_among,
)
from unshelf.runtime.machine.authorities import authorities_file

_CHUNK_BYTES = 1 << 20
_CONNECT_SECONDS = 10
_READ_SECONDS = 60
_ABSENT = ("NoSuchKey", "404")


def fetch(order: ConnectionOrder) -> dict[str, Path]:
    """Fetch the objects at the order's path. Raises NotFound, Unavailable, InvalidInput."""
    client = open_client(order)
    key = joined(order)
    try:
        keys = [key] if is_table(key) else tables_among(order, _in_folder(client, order, key))
        download = Download(order)
        return {each: download.save(_chunks(client, order, each)) for each in keys}
    except ClientError as error:
        raise _explained(order, error) from None
    except BotoCoreError as error:
        raise no_answer(error) from None


def no_answer(error: BotoCoreError) -> Unavailable:
    """The error of a server that does not answer."""
    return Unavailable(f"The S3 server does not answer: {error}.", hint="Check the endpoint of the connection.")


def code_of(error: ClientError) -> str:
    """Return the server's code of an error."""
    return str(error.response.get("Error", {}).get("Code", ""))


def open_client(order: ConnectionAccess) -> Any:
    """Return a client of the connection's server."""
    credentials = order.credentials
    signed = bool(credentials.get("access_key_id"))
    config = Config(
        signature_version="s3v4" if signed else UNSIGNED,
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"total_max_attempts": 3, "mode": "standard"},
        s3={"addressing_style": "path"},  # so that the host is the one that the operator allowed
        proxies={},
    )
    return botocore.session.Session().create_client(
        "s3",
        region_name=order.settings.get("region") or "us-east-1",
        endpoint_url=endpoint_of(order.settings),
        aws_access_key_id=credentials.get("access_key_id"),
        aws_secret_access_key=credentials.get("secret_access_key"),
        aws_session_token=credentials.get("session_token"),
        config=config,
        verify=authorities_file(),
    )


def manifest_of(client: Any, order: ConnectionAccess, folder: str) -> tuple[FolderManifest | None, str]:
    """Return the manifest of a folder and its ETag; None and nothing where there is none."""
    try:
        found = client.get_object(Bucket=order.settings["bucket"], Key=f"{folder}/{MANIFEST}" if folder else MANIFEST)
    except ClientError as error:
        if code_of(error) in _ABSENT:
            return None, ""
        raise
    return read_manifest(found["Body"].read()), str(found["ETag"])


def _in_folder(client: Any, order: ConnectionOrder, folder: str) -> Iterator[str]:
    """Yield the objects of a folder: those of its manifest, where it has one, and else all."""
    manifest, _ = manifest_of(client, order, folder)
    if manifest is None:
        yield from listed(client, order, folder)
    else:
        yield from (f"{folder}/{file.path}" if folder else file.path for file in manifest.files)


def listed(client: Any, order: ConnectionAccess, folder: str) -> Iterator[str]:
    """Yield the objects below a folder. Raises InvalidInput where there are too many."""
    for each in _objects(client, order, folder):
        yield str(each["Key"])


def found_files(order: ConnectionOrder) -> list[FoundFile]:
    """Return the tables in the order's folder, without parts of writes that are not complete. Raises Unavailable, InvalidInput."""
    try:
        client = open_client(order)
        objects = list(_objects(client, order, joined(order)))
        found = [_found(order, each) for each in _complete(client, order, objects)]
    except ClientError as error:
        raise _explained(order, error) from None
    except BotoCoreError as error:
        raise Unavailable(
            f"The S3 server does not answer: {error}.", hint="Check the endpoint of the connection."
        ) from None
    return listed_among(order, found)


def _complete(client: Any, order: ConnectionOrder, objects: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the objects without those parts of writes of ours that the manifest of their folder does not name (yet)."""
    folders = {_divided(each["Key"])[0] for each in objects if is_part(_divided(each["Key"])[1])}
    manifests = {folder: manifest_of(client, order, folder)[0] for folder in folders}
    for each in objects:
        folder, name = _divided(each["Key"])
        manifest = manifests.get(folder)
        if not is_part(name) or (manifest is not None and any(file.path == name for file in manifest.files)):
            yield each


def _divided(key: str) -> tuple[str, str]:
    folder, _, name = key.rpartition("/")
    return folder, name


def _found(order: ConnectionOrder, each: dict[str, Any]) -> FoundFile:
    changed: datetime = each["LastModified"]
    age = max(0.0, (datetime.now(UTC) - changed).total_seconds())
    mark = f"{each['Size']}-{each['ETag'].strip(chr(34))}"
    return FoundFile(path=below_prefix(order, each["Key"]), size=each["Size"], mark=mark, age_seconds=age)


def _objects(client: Any, order: ConnectionAccess, folder: str) -> Iterator[dict[str, Any]]:
    prefix = f"{folder}/" if folder else ""
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=order.settings["bucket"], Prefix=prefix)
    count = 0
    for page in pages:
        for each in page.get("Contents", ()):
            count += 1
            if count > 10 * MOST_FILES:
                raise InvalidInput(f"The folder {order.path!r} holds too many objects.", hint="Name one below it.")
            yield each


def _chunks(client: Any, order: ConnectionOrder, key: str) -> Iterator[bytes]:
    body = client.get_object(Bucket=order.settings["bucket"], Key=key)["Body"]
    yield from body.iter_chunks(_CHUNK_BYTES)


def _explained(order: ConnectionOrder, error: ClientError) -> NotFound | Unavailable:
    code = code_of(error)
    if code in _ABSENT:
        return nothing_at(order)
    return Unavailable(
        f"The S3 server refuses to read {order.path!r} in the bucket {order.settings['bucket']}: {code or 'no reason given'}.",
        hint="Check the connection's bucket and credentials.",
    )
