"""Policies over a world of alerts, with acts that only note what they were asked to do."""

from collections.abc import Sequence

from tests.support.alerting import AlertWorld
from tests.support.deciding import NotedActs
from unshelf.monitor.policies.acting import PolicyActing
from unshelf.monitor.policies.policy import PolicyOrder
from unshelf.monitor.policies.service import PolicyService


class PolicyWorld:
    """Policies, and the loop that acts for them."""

    def __init__(self, world: AlertWorld) -> None:
        self.world, self.noted, self.elsewhere = world, NotedActs(), set[str]()
        self.service = PolicyService(
            world.database, world.events, subjects=world.world.subjects, starters=self.noted,
            has_model=lambda _session, name: name in ("churn", "open", "iris"),
            runs_elsewhere=lambda _session, name: name in self.elsewhere,
        )  # fmt: skip
        self.acting = PolicyActing(
            world.database, world.events, world.notifications, acts=self.noted.acts(),
            person_now=lambda person: world.people.actors.get(person), responsible=world.responsible,
            runs_elsewhere=lambda _session, name: name in self.elsewhere,
        )  # fmt: skip

    def order(self, name: str = "back", *, kinds: Sequence[str] = ("errors_high",), **fields: object) -> PolicyOrder:
        """A policy that rolls churn back when it fails."""
        return PolicyOrder(**{"model": "churn", "act": "rollback", "name": name, "kinds": tuple(kinds), **fields})  # type: ignore[arg-type]
