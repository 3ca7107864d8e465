"""Orders of backups, carried out."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support.installations import DATABASE, SmallInstallation
from unshelf.manage.backups.backup_process import made
from unshelf.manage.backups.order import BackupOrder, carry_out, order_of
from unshelf.manage.backups.store.places import FolderPlace
from unshelf.manage.backups.store.repository import Repository


def order(installation: SmallInstallation, place: Path, **changes: Any) -> BackupOrder:
    settings = BackupOrder(
        home=str(installation.home.folder), database=DATABASE, blobs="files", predictions="files", s3_endpoint="",
        to="", reason="asked", key="plain", passphrase="",
    )  # fmt: skip
    return order_of(settings, to=str(place), reason="scheduled", **{"key": "plain", "passphrase": "", **changes})


def test_a_message_is_carried_out_and_older_backups_go(installation: SmallInstallation, place: Path) -> None:
    sent = msgspec.json.encode(order(installation, place, keep=2))
    ids = [carry_out(msgspec.json.decode(sent, type=BackupOrder)).id for _ in range(3)]
    assert [each.id for each in Repository(FolderPlace(place)).backups()] == ids[1:]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"key": "sealed"}, "no passphrase"),
        ({"database": "sqlite:///none.db"}, "no database"),
        ({"to": "/proc/nowhere/b"}, "/proc/nowhere"),
    ],
)
def test_the_process_says_why_there_is_none(
    installation: SmallInstallation, place: Path, changes: dict[str, Any], said: str
) -> None:
    outcome = made(msgspec.structs.replace(order(installation, place), **changes))
    assert outcome.manifest is None and said in outcome.problem
