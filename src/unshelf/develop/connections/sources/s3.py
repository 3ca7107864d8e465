"""Buckets of S3 and what speaks its protocol. Needs the extra `s3`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from unshelf.contracts.errors import InvalidInput, NotFound, Unavailable
from unshelf.contracts.protocols.data import ConnectionOrder
from unshelf.develop.connections.kinds import endpoint_of
from unshelf.develop.connections.sources.found import (
    MOST_FILES,
    Download,
    is_table,
    joined,
    nothing_at,
    tables_among,
)

_CHUNK_BYTES = 1 << 20
_CONNECT_SECONDS = 10
_READ_SECONDS = 60


def fetch(order: ConnectionOrder) -> dict[str, Path]:
    """Fetch the objects at the order's path. Raises NotFound, Unavailable, InvalidInput."""
    client = _client(order)
    key = joined(order)
    try:
        keys = [key] if is_table(key) else tables_among(order, _listed(client, order, key))
        download = Download(order)
        return {each: download.save(_chunks(client, order, each)) for each in keys}
    except ClientError as error:
        raise _explained(order, error) from None
    except BotoCoreError as error:
        raise Unavailable(
            f"The S3 server does not answer: {error}.", hint="Check the endpoint of the connection."
        ) from None


def _client(order: ConnectionOrder) -> Any:
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
    )


def _listed(client: Any, order: ConnectionOrder, folder: str) -> Iterator[str]:
    prefix = f"{folder}/" if folder else ""
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=order.settings["bucket"], Prefix=prefix)
    count = 0
    for page in pages:
        for each in page.get("Contents", ()):
            count += 1
            if count > 10 * MOST_FILES:
                raise InvalidInput(f"The folder {order.path!r} holds too many objects.", hint="Name one below it.")
            yield each["Key"]


def _chunks(client: Any, order: ConnectionOrder, key: str) -> Iterator[bytes]:
    body = client.get_object(Bucket=order.settings["bucket"], Key=key)["Body"]
    yield from body.iter_chunks(_CHUNK_BYTES)


def _explained(order: ConnectionOrder, error: ClientError) -> NotFound | Unavailable:
    code = str(error.response.get("Error", {}).get("Code", ""))
    if code in ("NoSuchKey", "404"):
        return nothing_at(order)
    return Unavailable(
        f"The S3 server refuses to read {order.path!r} in the bucket {order.settings['bucket']}: {code or 'no reason given'}.",
        hint="Check the connection's bucket and credentials.",
    )
