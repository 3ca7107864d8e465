"""Uses of secrets are logged once for each revision, and by name alone."""

from pathlib import Path

from tests.support.deploying import Deploying
from unshelf.foundation.events.store import EventStore
from unshelf.manage.secrets.uses import SecretUse, SecretUses


def test_a_revision_is_logged_once_and_the_next_one_again(tmp_path: Path) -> None:
    deploying = Deploying(tmp_path)
    uses = SecretUses(deploying.database, deploying.audit)
    for revision in (1, 1, 2, 2):
        uses.by_workers([SecretUse(model="iris", revision=revision, names=("A", "B"))])
    uses.by_workers([])
    uses.by_check("iris", "d1", [])
    events = EventStore(deploying.database).newest(limit=9).items
    assert [(each.after or {})["revision"] for each in events] == [2, 1]
    assert {each.subject.model for each in events} == {"iris"}
    deploying.database.dispose()
