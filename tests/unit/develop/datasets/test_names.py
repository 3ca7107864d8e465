"""Names of data: hidden from those who may not read them, unique, numbered for good."""

import pytest

from tests.unit.develop.datasets.conftest import OWNER, READER, STRANGER, VIEWER, person
from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.develop.datasets.names import DataNames
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.refusals import RefusalLog
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.subjects import Subjects
from unshelf.manage.projects.tables import ProjectRow


def take(names: DataNames, database: Database, name: str = "orders", actor: Actor = OWNER) -> None:
    project = names.check(actor, name, "dataset", "risk")
    with database.transaction() as session:
        names.take(session, actor, name, "dataset", project=project, description="Orders")


def test_readers_of_the_project_find_the_name_and_others_do_not(names: DataNames, database: Database) -> None:
    take(names, database)
    with database.read() as session:
        assert names.require(session, READER, "orders", Permission.DATA_READ).project == "risk"
        for other in (STRANGER, VIEWER):
            with pytest.raises(NotFound) as hidden:
                names.require(session, other, "orders", Permission.DATA_READ)
            with pytest.raises(NotFound) as absent:
                names.require(session, other, "absent", Permission.DATA_READ)
            assert hidden.value.detail.replace("orders", "absent") == absent.value.detail
        with pytest.raises(Forbidden):
            names.require(session, READER, "orders", Permission.DATA_MANAGE)
    assert [each.name for each in names.list_for(READER, project=None, limit=10, cursor=None).items] == ["orders"]
    assert names.list_for(STRANGER, project=None, limit=10, cursor=None).items == []


def test_a_hidden_name_leaves_an_event_of_its_project(
    names: DataNames, database: Database, refusals: RefusalLog, events: EventStore
) -> None:
    take(names, database)
    with database.read() as session, pytest.raises(NotFound):
        names.require(session, STRANGER, "orders", Permission.DATA_READ)
    with database.read() as session, pytest.raises(NotFound):
        names.require(session, STRANGER, "absent", Permission.DATA_READ)
    refusals.flush(everything=True)
    refused = [event for event in events.newest(limit=10).items if event.action == "access.refused"]
    assert [(event.actor_id, event.subject.name, event.subject.project, event.after) for event in refused] == [
        (STRANGER.id, "orders", "risk", {"status": 404, "count": 1})
    ]


def test_a_taken_name_is_refused_without_saying_whose_it_is(names: DataNames, database: Database) -> None:
    take(names, database)
    with pytest.raises(Conflict, match="taken"):
        names.check(STRANGER, "orders", "dataset", "default")
    with pytest.raises(Conflict, match="is the name of a dataset"):
        names.check(OWNER, "orders", "connection", "risk")
    with pytest.raises(Conflict, match="belongs to the project 'risk'"):
        names.check(OWNER, "orders", "dataset", "default")


def test_only_those_who_manage_data_in_an_open_project_take_names(names: DataNames) -> None:
    with pytest.raises(Forbidden):
        names.check(READER, "orders", "dataset", "risk")
    with pytest.raises(NotFound):
        names.check(STRANGER, "orders", "dataset", "risk")
    with pytest.raises(InvalidInput):
        names.check(OWNER, "no name", "dataset", "risk")
    with pytest.raises(Conflict, match="does not exist"):
        names.check(person("owner", "closed"), "orders", "dataset", "closed")


def test_numbers_are_not_given_again_after_a_name_was_dropped(names: DataNames, database: Database) -> None:
    take(names, database)
    with database.transaction() as session:
        assert [names.next_version(session, "orders") for _ in range(2)] == [1, 2]
        names.drop(session, "orders")
    with database.read() as session, pytest.raises(NotFound):
        names.require(session, OWNER, "orders", Permission.DATA_READ)
    take(names, database)
    with database.transaction() as session:
        assert names.next_version(session, "orders") == 3


def test_a_name_moves_to_a_project_by_those_who_own_it_and_may_add_data_there(
    names: DataNames, database: Database, events: EventStore, subjects: Subjects
) -> None:
    take(names, database)
    told: list[tuple[str, str, str]] = []
    subjects.on_moved(lambda _session, kind, name, project: told.append((kind, name, project)))
    with database.transaction() as session:
        for project, archived in (("risk", None), ("other", None), ("closed", now())):
            session.add(
                ProjectRow(
                    name=project, title="", description="", priority="normal", created_at=now(), created_by="a",
                    archived_at=archived,
                )
            )  # fmt: skip
    both = user("risk", "other", "closed")
    refused = [(READER, Forbidden), (OWNER, NotFound), (user("risk", "gone"), NotFound)]
    for actor, error in refused:
        with database.transaction() as session, pytest.raises(error):
            found = names.require(session, actor, "orders", Permission.DATA_READ)
            names.move(session, actor, found, "gone" if actor.id == "u-risk-gone" else "other", reason="")
    with database.transaction() as session, pytest.raises(Conflict, match="archived"):
        found = names.require(session, both, "orders", Permission.DATA_READ)
        names.move(session, both, found, "closed", reason="")
    for _ in range(2):  # again: nothing changes
        with database.transaction() as session:
            found = names.require(session, both, "orders", Permission.DATA_READ)
            assert names.move(session, both, found, "other", reason="tidy").project == "other"
    assert told == [("dataset", "orders", "other")]
    (moved,) = [event for event in events.newest(limit=10).items if event.action == "dataset.moved"]
    assert (moved.before, moved.after, moved.reason, moved.subject.project) == (
        {"project": "risk"}, {"project": "other"}, "tidy", "other",
    )  # fmt: skip
    with database.read() as session, pytest.raises(NotFound):
        names.require(session, OWNER, "orders", Permission.DATA_READ)


def user(*projects: str) -> Actor:
    """An owner of several projects."""
    grants = tuple(grant for project in projects for grant in person("owner", project).grants)
    return Actor(id=f"u-{'-'.join(projects)}", kind="user", label="owner", grants=grants)
