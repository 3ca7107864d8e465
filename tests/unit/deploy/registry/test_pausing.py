"""Pausing: what is paused counts to no quota, and needs room to be resumed."""

import pytest

from tests.support.actors import actor
from tests.support.deploying import ANA, Deploying
from unshelf.contracts.errors import Forbidden
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
