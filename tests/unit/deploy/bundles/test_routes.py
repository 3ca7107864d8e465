"""Blobs over HTTP: which are missing, and how one arrives."""

import hashlib
from collections.abc import AsyncIterator

from tests.support.actors import actor
from tests.support.asgi import caller_of
from tests.support.deploying import ANA, Deploying
from unshelf.deploy.bundles.routes import router

CONTENT = b"model" * 500_000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


async def chunks() -> AsyncIterator[bytes]:
    for start in range(0, len(CONTENT), 60_000):
        yield CONTENT[start : start + 60_000]


def test_a_blob_that_comes_in_chunks_is_stored_once(deploying: Deploying) -> None:
    call = caller_of(ANA, router(deploying.blobs, 1 << 20))
    small = b"small"
    digest = hashlib.sha256(small).hexdigest()
    assert call("POST", "/blobs/missing", json={"digests": [digest, DIGEST]}).json() == {"missing": [digest, DIGEST]}
    stored = call("PUT", f"/blobs/{digest}", content=small)
    assert (stored.status_code, stored.json()) == (201, {"sha256": digest, "size": 5})
    assert call("PUT", f"/blobs/{digest}", content=small).status_code == 200
    assert call("POST", "/blobs/missing", json={"digests": [digest, DIGEST]}).json() == {"missing": [DIGEST]}


def test_a_large_blob_is_stored_as_it_came(deploying: Deploying) -> None:
    call = caller_of(ANA, router(deploying.blobs, len(CONTENT)), limits={("PUT", "/blobs/"): len(CONTENT)})
    assert call("PUT", f"/blobs/{DIGEST}", content=chunks()).status_code == 201
    assert deploying.blobs.read(DIGEST) == CONTENT


def test_a_blob_with_another_digest_or_too_many_bytes_is_not_stored(deploying: Deploying) -> None:
    call = caller_of(ANA, router(deploying.blobs, 10))
    other = call("PUT", f"/blobs/{DIGEST}", content=b"other")
    assert (other.status_code, other.json()["code"]) == (400, "malformed_request")
    assert call("PUT", "/blobs/no-digest", content=b"other").status_code == 400
    eleven = b"x" * 11
    assert call("PUT", f"/blobs/{hashlib.sha256(eleven).hexdigest()}", content=eleven).status_code == 413
    assert deploying.stored() == set()


def test_only_who_may_deploy_uploads(deploying: Deploying) -> None:
    call = caller_of(actor("predict"), router(deploying.blobs, 10))
    assert call("PUT", f"/blobs/{DIGEST}", content=b"x").status_code == 403
    assert call("POST", "/blobs/missing", json={"digests": []}).status_code == 403
