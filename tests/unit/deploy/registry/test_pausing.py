"""Pausing: what is paused counts to no quota, and needs room to be resumed."""

import pytest

from tests.support.actors import actor
from tests.support.deploying import ANA, Deploying
from unshelf.contracts.errors import Forbidden, RunsElsewhere
from unshelf.contracts.routing import Share
from unshelf.deploy.registry.lookup import runs_elsewhere
from unshelf.manage.quotas.resources import QuotaLimits

ROOT = actor("admin", id="admin", name="admin")


def test_what_is_resumed_needs_room_in_the_quota(deploying: Deploying) -> None:
    for name in ("iris", "loans"):
        deploying.register(name)
        with deploying.database.transaction() as session:
            deploying.releases.put_live(session, name, 1, 100.0, ANA)
    deploying.quotas.set(ROOT, "project", "default", QuotaLimits(replicas=1))
    deploying.pausing.set_paused("iris", ANA, paused=True)
    with pytest.raises(Forbidden, match="1 replica of 1 replica in use"):
        deploying.pausing.set_paused("iris", ANA, paused=False)
    assert deploying.registry.inspect("iris").paused
    deploying.pausing.set_paused("loans", ANA, paused=True)
    deploying.pausing.set_paused("iris", ANA, paused=False)
    assert deploying.actions()[-1] == "model.resumed"


def test_what_runs_elsewhere_can_not_be_paused_from_here(deploying: Deploying) -> None:
    deploying.register("iris", environment=None)
    for reference in ("iris", "iris:1"):
        with pytest.raises(RunsElsewhere, match="runs on other infrastructure"):
            deploying.pausing.set_paused(reference, ANA, paused=True)
    assert not deploying.registry.inspect("iris").paused
    deploying.register("iris", b"another", environment="e1")
    with deploying.database.transaction() as session:
        assert not runs_elsewhere(session, "iris", [])
        assert runs_elsewhere(session, "iris", [Share(version=1, percent=100.0)])
    deploying.pausing.set_paused("iris", ANA, paused=True)
    assert deploying.registry.inspect("iris").paused
