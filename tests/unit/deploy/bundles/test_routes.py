"""Blobs over HTTP: which are missing, and how one arrives."""

import hashlib
from collections.abc import AsyncIterator

from tests.support.actors import actor
from tests.support.asgi import caller_of
from tests.support.deploying import ANA, Deploying
from unshelf.contracts.permissions import Permission
from unshelf.deploy.bundles.routes import router
from unshelf.foundation.access.actors import Actor, Grant
from unshelf.foundation.access.scopes import project_scope

CONTENT = b"model" * 500_000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


async def chunks() -> AsyncIterator[bytes]:
    for start in range(0, len(CONTENT), 60_000):
        yield CONTENT[start : start + 60_000]


def test_a_blob_that_comes_in_chunks_is_stored_once(deploying: Deploying) -> None:
    call = caller_of(ANA, router(deploying.upload_service_of(1 << 20)))
    small = b"small"
    digest = hashlib.sha256(small).hexdigest()
    assert call("POST", "/blobs/missing", json={"digests": [digest, DIGEST]}).json() == {"missing": [digest, DIGEST]}
    stored = call("PUT", f"/blobs/{digest}", content=small)
    assert (stored.status_code, stored.json()) == (201, {"sha256": digest, "size": 5})
    assert call("PUT", f"/blobs/{digest}", content=small).status_code == 200
    assert call("POST", "/blobs/missing", json={"digests": [digest, DIGEST]}).json() == {"missing": [DIGEST]}


def test_a_large_blob_is_stored_as_it_came(deploying: Deploying) -> None:
    call = caller_of(ANA, router(deploying.upload_service_of(len(CONTENT))), limits={("PUT", "/blobs/"): len(CONTENT)})
    assert call("PUT", f"/blobs/{DIGEST}", content=chunks()).status_code == 201
    assert deploying.blobs.read(DIGEST) == CONTENT


def test_a_blob_with_another_digest_or_too_many_bytes_is_not_stored(deploying: Deploying) -> None:
    call = caller_of(ANA, router(deploying.upload_service_of(10)))
    other = call("PUT", f"/blobs/{DIGEST}", content=b"other")
    assert (other.status_code, other.json()["code"]) == (400, "malformed_request")
    assert call("PUT", "/blobs/no-digest", content=b"other").status_code == 400
    eleven = b"x" * 11
    assert call("PUT", f"/blobs/{hashlib.sha256(eleven).hexdigest()}", content=eleven).status_code == 413
    assert deploying.stored() == set()


def test_what_others_have_sent_is_missing_until_one_has_sent_it_oneself(deploying: Deploying) -> None:
    routes = router(deploying.upload_service_of(10))
    ben = caller_of(actor("deploy", ["elsewhere"], id="k2"), routes)
    digest = deploying.upload(b"small")
    assert caller_of(ANA, routes)("POST", "/blobs/missing", json={"digests": [digest]}).json() == {"missing": []}
    assert ben("POST", "/blobs/missing", json={"digests": [digest]}).json() == {"missing": [digest]}
    assert ben("PUT", f"/blobs/{digest}", content=b"wrong").status_code == 400
    assert ben("POST", "/blobs/missing", json={"digests": [digest]}).json() == {"missing": [digest]}
    assert [ben("PUT", f"/blobs/{digest}", content=b"small").status_code for _ in range(2)] == [201, 200]
    assert ben("POST", "/blobs/missing", json={"digests": [digest]}).json() == {"missing": []}


def test_only_who_may_deploy_or_add_data_uploads(deploying: Deploying) -> None:
    grants = (Grant(permissions=frozenset({Permission.DATA_MANAGE}), scope=project_scope("risk")),)
    keeper = Actor(id="u1", kind="user", label="keeper", grants=grants)
    call = caller_of(keeper, router(deploying.upload_service_of(10)))
    assert call("POST", "/blobs/missing", json={"digests": []}).status_code == 200
    assert call("PUT", f"/blobs/{hashlib.sha256(b'x').hexdigest()}", content=b"x").status_code == 201
    call = caller_of(actor("predict"), router(deploying.upload_service_of(10)))
    assert call("PUT", f"/blobs/{DIGEST}", content=b"x").status_code == 403
    assert call("POST", "/blobs/missing", json={"digests": []}).status_code == 403
