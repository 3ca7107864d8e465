"""Requests for a larger quota: by who may deploy, for more than there is."""

from datetime import timedelta

import pytest

from tests.support.actors import actor
from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor, Grant
from unshelf.foundation.access.scopes import INSTALLATION, project_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.manage.quotas.requests import QuotaRequests
from unshelf.manage.quotas.resources import QuotaLimits
from unshelf.manage.quotas.service import QuotaService
from unshelf.manage.requests.request import Asked

ROOT = actor("admin", id="admin", name="admin")
SCOPE = project_scope("default")


def asked(wanted: dict[str, float]) -> Asked:
    return Asked(
        id="r1", kind="quota", scope=SCOPE, wanted=wanted, reason="x", asked_by_id="u", asked_by="ada", asked_at=now(),
        state="granted", decided_at=now(), decided_by="admin", decision_reason="", expires_at=now() + timedelta(days=1),
    )  # fmt: skip


def test_more_is_asked_for_and_granted(quotas: QuotaService, database: Database) -> None:
    kind = QuotaRequests(quotas)
    quotas.set(ROOT, "project", "default", QuotaLimits(replicas=2))
    with database.transaction() as session:
        wanted = kind.check(session, actor("deploy"), SCOPE, {"replicas": 4.0, "cores": 2})
        assert wanted == {"replicas": 4, "cores": 2.0}
        granted = asked(wanted)
        kind.grant(session, ROOT, granted, granted.expires_at)
    assert quotas.of_project("default").limits == QuotaLimits(replicas=4)
    assert kind.next_step(granted).startswith("The project 'default' may use 2 cores, 4 replicas until")


def test_who_may_set_quotas_for_a_time_increases_them_for_that_time(quotas: QuotaService, database: Database) -> None:
    end = now() + timedelta(hours=1)
    held = Grant(permissions=frozenset({Permission.QUOTAS_MANAGE}), scope=INSTALLATION, expires_at=end)
    decider = Actor(id="u", kind="user", label="u", grants=(held,))
    quotas.set(ROOT, "project", "default", QuotaLimits(replicas=2))
    with database.transaction() as session:
        assert QuotaRequests(quotas).grant(session, decider, asked({"replicas": 4}), None) == end
    assert [each.expires_at for each in quotas.of_project("default").increases] == [end]


def test_what_can_not_be_asked_for(quotas: QuotaService, database: Database) -> None:
    kind = QuotaRequests(quotas)
    with database.read() as session:
        with pytest.raises(Conflict, match="allows that already"):
            kind.check(session, ROOT, SCOPE, {"replicas": 1})
        with pytest.raises(InvalidInput, match="for a project"):
            kind.check(session, ROOT, INSTALLATION, {"replicas": 1})
        for odd in ({}, {"pods": 1}, {"replicas": 1.5}, {"replicas": "4"}, {"replicas": True}, {"cores": -1}):
            with pytest.raises(InvalidInput):
                kind.check(session, ROOT, SCOPE, odd)
        with pytest.raises(Forbidden):
            kind.check(session, actor("predict"), SCOPE, {"replicas": 4})
