"""Policies are found by what they do."""

from tests.support.alerting import ANA, AlertWorld
from tests.support.policies import PolicyWorld
from unshelf.monitor.policies.search import policy_source


def test_a_policy_is_a_document(world: AlertWorld) -> None:
    policies = PolicyWorld(world)
    made = policies.service.create(ANA, policies.order())
    with world.database.read() as session:
        (document,) = policy_source().documents(session, [made.id, "none"])
    assert (document.title, document.subject.model, document.subject.project) == ("back", "churn", "risk")
    assert "rollback errors_high" in document.text
