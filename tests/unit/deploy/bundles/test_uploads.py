"""Uploads: held to quotas of disk before their first byte is taken, where there are any."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.support.actors import actor
from tests.support.deploying import ANA, Deploying
from tests.support.people import user_with_roles
from unshelf.contracts.errors import BodyTooLarge, Forbidden, InvalidInput, NotFound
from unshelf.deploy.bundles import uploads
from unshelf.deploy.bundles.tables import CountedUploadRow
from unshelf.foundation.access.scopes import project_scope
from unshelf.manage.quotas.resources import QuotaLimits

ROOT = actor("admin", id="admin", name="admin")


def send(deploying: Deploying, content: bytes, *, project: str | None = "default", size: int | None = None) -> int:
    digest = hashlib.sha256(content).hexdigest()
    announced = len(content) if size is None else size
    return deploying.upload_service.store(ANA, digest, [content], project=project, size=announced)


def noted(deploying: Deploying) -> list[tuple[str, int]]:
    with deploying.database.read() as session:
        return [
            (row.project, row.size) for row in session.scalars(select(CountedUploadRow).order_by(CountedUploadRow.size))
        ]


def limit(deploying: Deploying, size: int) -> None:
    deploying.quotas.set(ROOT, "project", "default", QuotaLimits(disk_bytes=size))


def test_without_a_quota_of_disk_a_size_need_not_be_announced(deploying: Deploying) -> None:
    deploying.quotas.set(ROOT, "project", "default", QuotaLimits(replicas=1))
    content = b"12345"
    digest = hashlib.sha256(content).hexdigest()
    assert deploying.upload_service.store(ANA, digest, [content], project="default", size=None) == 5
    assert noted(deploying) == [("default", 5)]


def test_files_are_taken_until_the_quota_is_full(deploying: Deploying) -> None:
    limit(deploying, 10)
    assert send(deploying, b"123456") == 6
    assert send(deploying, b"123456") == 6, "the same file again takes no more"
    with pytest.raises(Forbidden, match="5 B of disk more") as refused:
        send(deploying, b"abcde")
    assert refused.value.code == "quota_exceeded"
    assert send(deploying, b"abcd") == 4
    assert noted(deploying) == [("default", 4), ("default", 6)]
    assert len(deploying.stored()) == 2


def test_a_file_that_becomes_part_of_a_version_counts_once(deploying: Deploying) -> None:
    limit(deploying, 10)
    send(deploying, b"123456")
    deploying.register("iris", b"123456")
    assert deploying.quotas.of_project("default").used.disk_bytes == 6


def test_what_did_not_arrive_does_not_count(deploying: Deploying) -> None:
    limit(deploying, 10)
    with pytest.raises(BodyTooLarge):
        send(deploying, b"123456", size=5)
    with pytest.raises(InvalidInput, match="size"):
        deploying.upload_service.store(ANA, "0" * 64, [b"x"], project="default", size=None)
    assert noted(deploying) == []
    assert deploying.quotas.of_project("default").used.disk_bytes == 0


def test_an_upload_without_a_project_counts_to_the_installation(deploying: Deploying) -> None:
    deploying.quotas.set(ROOT, "installation", "*", QuotaLimits(disk_bytes=8))
    limit(deploying, 1)
    assert send(deploying, b"12345", project=None) == 5
    with pytest.raises(Forbidden, match="the installation"):
        send(deploying, b"abcde", project=None)
    with pytest.raises(Forbidden, match="the project"):
        send(deploying, b"ab")


def test_only_who_adds_to_a_project_sends_files_for_it(deploying: Deploying) -> None:
    deploying.projects.create(ROOT, "risk")
    arguments: dict[str, Any] = {
        "sha256": hashlib.sha256(b"x").hexdigest(),
        "chunks": [b"x"],
        "project": "risk",
        "size": 1,
    }
    door = deploying.upload_service
    narrow = actor("deploy", ["loans"])
    assert door.store(narrow, **arguments) == 1, "a key to models by their names, wherever they are"
    with pytest.raises(Forbidden):
        door.store(actor("predict"), **arguments)
    deploying.access.grant(ROOT, holder_kind="user", holder="zoe", role="viewer", scope=project_scope("risk"))
    with pytest.raises(Forbidden):
        door.store(user_with_roles(deploying.database, deploying.access, "zoe"), **arguments)
    with pytest.raises(NotFound):
        door.store(user_with_roles(deploying.database, deploying.access, "eve"), **arguments)


def test_old_uploads_are_forgotten(deploying: Deploying, monkeypatch: pytest.MonkeyPatch) -> None:
    limit(deploying, 10)
    send(deploying, b"123456")
    deploying.upload_service.prune()
    assert noted(deploying) == [("default", 6)]
    monkeypatch.setattr(uploads, "KEPT", timedelta(hours=-1))
    deploying.upload_service.prune()
    assert noted(deploying) == []
