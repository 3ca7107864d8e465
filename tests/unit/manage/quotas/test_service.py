"""Quotas: set, in force for those without their own, held in the transaction of a change, and removed."""

import pytest

from tests.support.accounts import user_actor
from tests.support.actors import actor
from tests.unit.manage.quotas.conftest import Facts
from unshelf.contracts.errors import Forbidden, InvalidInput, NotFound
from unshelf.foundation.access.scopes import INSTALLATION
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.manage.access.service import AccessService
from unshelf.manage.quotas.resources import QuotaLimits, ResourceAmounts
from unshelf.manage.quotas.service import QuotaService
from unshelf.server.wiring.people import PeopleParts

ROOT = actor("admin", id="admin", name="admin")
DEFAULT = "the project 'default'"


def change(
    quotas: QuotaService, database: Database, facts: Facts, to: int, *, of: str = DEFAULT, makers: tuple[str, ...] = ()
) -> None:
    """Have so many replicas run."""
    with database.transaction() as session, quotas.within(session, project="default", makers=makers):
        facts.running[of] = ResourceAmounts(replicas=to)


def test_without_quotas_nothing_is_asked_for_facts(quotas: QuotaService, database: Database, facts: Facts) -> None:
    change(quotas, database, facts, 1000)
    assert facts.asked == 0
    assert quotas.of_all() == []
    found = quotas.of_project("default")
    assert (found.limits, found.used.replicas) == (None, 1000)


def test_a_change_beyond_a_quota_is_refused_and_less_is_not(
    quotas: QuotaService, database: Database, facts: Facts
) -> None:
    quotas.set(ROOT, "project", "default", QuotaLimits(replicas=2))
    change(quotas, database, facts, 2)
    with pytest.raises(Forbidden) as refused:
        change(quotas, database, facts, 3)
    assert (refused.value.code, "2 replicas of 2 replicas in use" in refused.value.detail) == ("quota_exceeded", True)
    facts.running[DEFAULT] = ResourceAmounts(replicas=9)
    change(quotas, database, facts, 5)
    with database.transaction() as session, pytest.raises(Forbidden):
        quotas.require(session, ResourceAmounts(replicas=1), project="default")


def test_a_change_that_is_refused_leaves_nothing(quotas: QuotaService, database: Database, facts: Facts) -> None:
    quotas.set(ROOT, "installation", "*", QuotaLimits(replicas=0))
    subject = EventStore(database).newest(limit=1).items[0].subject
    with (
        pytest.raises(Forbidden),
        database.transaction() as session,
        quotas.within(session, project=None),
    ):
        EventStore(database).record(session, ROOT, "model.made", subject)
        facts.running["the installation"] = ResourceAmounts(replicas=1)
    assert [event.action for event in EventStore(database).newest(limit=1).items] == ["quota.set"]


def test_who_has_none_of_their_own_has_the_one_for_all(
    quotas: QuotaService, database: Database, facts: Facts, people: PeopleParts
) -> None:
    quotas.set(ROOT, "user", "*", QuotaLimits(replicas=1))
    quotas.set(ROOT, "user", "ada", QuotaLimits(cores=3))
    ada, grace = (user_actor(people, database, name) for name in ("ada", "grace"))
    change(quotas, database, facts, 5, of="ada", makers=(ada.label,))
    with pytest.raises(Forbidden, match="quota of grace"):
        change(quotas, database, facts, 2, of="grace", makers=(grace.label,))
    found = quotas.of_person(grace)
    assert found is not None
    assert (found.name, found.is_default, found.limits) == ("grace", True, QuotaLimits(replicas=1))
    own = quotas.of_person(ada)
    assert own is not None
    assert (own.is_default, own.limits) == (False, QuotaLimits(cores=3)), "in place of the one for all"
    assert quotas.of_person(ROOT) is None
    assert [(each.kind, each.name) for each in quotas.of_all()] == [("user", "*"), ("user", "ada")]


def test_disk_counts_each_file_once(quotas: QuotaService, database: Database, facts: Facts) -> None:
    quotas.set(ROOT, "project", "default", QuotaLimits(disk_bytes=100))
    before = facts.asked
    with database.transaction() as session, quotas.within(session, project="default"):
        facts.stored = [("a", 60), ("b", 40), ("a", 60)]
    assert facts.asked == before, "nothing but disk is limited"
    with (
        pytest.raises(Forbidden, match="1 B of disk more"),
        database.transaction() as session,
        quotas.within(session, project="default"),
    ):
        facts.stored = [*facts.stored, ("c", 1)]
    assert quotas.of_project("default").used.disk_bytes == 101
    with database.read() as session:
        assert quotas.limits_disk(session, project="default")
        assert not quotas.limits_disk(session, project=None)


def test_an_increase_holds_until_its_end(quotas: QuotaService, database: Database, facts: Facts) -> None:
    quotas.set(ROOT, "project", "default", QuotaLimits(replicas=1, cores=2))
    with database.transaction() as session:
        more = QuotaLimits(replicas=3, cores=1)
        quotas.increase(session, "default", more, request="r1", by="anna", expires_at=None)
        quotas.increase(session, "default", QuotaLimits(cores=9), request="r2", by="anna", expires_at=now())
    found = quotas.of_project("default")
    assert (found.limits, [each.request for each in found.increases]) == (QuotaLimits(replicas=3, cores=2), ["r1"])
    quotas.remove(ROOT, "project", "default")
    assert quotas.of_project("default").increases == []


def test_quotas_are_set_and_removed_with_events(quotas: QuotaService, database: Database) -> None:
    quotas.set(ROOT, "project", "default", QuotaLimits(replicas=1))
    quotas.set(ROOT, "project", "default", QuotaLimits(gpus=0))
    quotas.remove(ROOT, "project", "default")
    removed, changed, _ = EventStore(database).newest(limit=3).items
    assert (changed.action, changed.before, changed.after) == ("quota.set", {"replicas": 1}, {"gpus": 0})
    assert (removed.action, removed.before, removed.subject.name) == ("quota.removed", {"gpus": 0}, "project/default")
    with pytest.raises(NotFound):
        quotas.remove(ROOT, "project", "default")
    with pytest.raises(NotFound):
        quotas.set(ROOT, "project", "elsewhere", QuotaLimits(gpus=0))
    with pytest.raises(NotFound):
        quotas.set(ROOT, "user", "nobody", QuotaLimits(gpus=0))
    with pytest.raises(InvalidInput):
        quotas.set(ROOT, "installation", "here", QuotaLimits(gpus=0))
    with pytest.raises(InvalidInput):
        quotas.set(ROOT, "project", "default", QuotaLimits())
    with pytest.raises(Forbidden):
        quotas.set(actor("deploy"), "project", "default", QuotaLimits(gpus=0))


def test_administrators_are_named(
    quotas: QuotaService, database: Database, people: PeopleParts, access: AccessService
) -> None:
    grace = user_actor(people, database, "grace")
    access.grant(ROOT, holder_kind="user", holder=grace.id, role="administrator", scope=INSTALLATION)
    group = people.groups.create(ROOT, name="platform")
    access.grant(ROOT, holder_kind="group", holder=group.id, role="administrator", scope=INSTALLATION)
    access.grant(
        ROOT, holder_kind="user", holder=user_actor(people, database, "ada").id, role="auditor", scope=INSTALLATION
    )
    with database.read() as session:
        assert quotas.administrators(session) == ["grace", "group platform"]
