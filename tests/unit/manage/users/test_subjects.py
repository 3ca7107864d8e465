"""Users are found by their names, and by no e-mail address."""

from pathlib import Path

from tests.support.subjects import subject_world
from unshelf.foundation.clock import now
from unshelf.manage.users.subjects import user_source
from unshelf.manage.users.tables import UserRow


def test_a_user_is_described_without_the_address(tmp_path: Path) -> None:
    with subject_world(tmp_path) as world:
        with world.database.transaction() as session:
            session.add(
                UserRow(
                    id="1", name="ana", email="ana@example.com", full_name="Ana Ruiz", status="active",
                    created_at=now(), created_by="admin",
                )
            )  # fmt: skip
        with world.database.read() as session:
            (found,) = user_source().documents(session, ["ana"])
    assert (found.subject.name, found.title) == ("ana", "Ana Ruiz")
    assert "example" not in str(found)
