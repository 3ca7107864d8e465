"""Keys are found by their names alone."""

from pathlib import Path

from tests.support.subjects import subject_world
from unshelf.foundation.clock import now
from unshelf.manage.keys.subjects import key_source
from unshelf.manage.keys.tables import KeyRow


def test_a_key_is_described_by_its_name(tmp_path: Path) -> None:
    with subject_world(tmp_path) as world:
        with world.database.transaction() as session:
            session.add(
                KeyRow(
                    id="k", name="batch", role="caller", project="risk", token_sha256="f" * 64, created_at=now(),
                    created_by="ana",
                )
            )  # fmt: skip
        with world.database.read() as session:
            (found,) = key_source().documents(session, ["k"])
    assert (found.subject.name, found.subject.project, found.title, found.text) == ("k", "risk", "batch", "")
