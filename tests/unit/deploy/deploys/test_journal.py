"""The journal of a deploy: events in their order, and none from who lost the claim."""

import json

import pytest

from tests.support.deploying import Deploying
from unshelf.deploy.deploys.events import DeployEvent, End
from unshelf.deploy.deploys.journal import Journal, stored_lines
from unshelf.deploy.deploys.tables import DeployRow
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.loops.claims import Claim, ClaimLost, Claims

STARTED = DeployEvent(step="lock", state="started")
DONE = DeployEvent(step="lock", state="done", seconds=0.5)


@pytest.fixture
def claim(database: Database) -> Claim:
    """The claim on the deploy `d1`."""
    claims = Claims(database, owner="control-0", lease_seconds=30.0)
    with database.transaction() as session:
        session.add(DeployRow(id="d1", model="iris", bundle="b", state="running", created_at=now(), created_by="ana"))
        claims.add(session, "deploys", "d1")
    claim = claims.take("deploys")
    assert claim is not None
    return claim


def states(database: Database, first: int = 0) -> list[str]:
    with database.read() as session:
        return [json.loads(line)["state"] for line in stored_lines(session, "d1", first)]


def test_events_are_stored_in_order_and_their_followers_woken(database: Database, claim: Claim) -> None:
    woken: list[list[str]] = []
    journal = Journal(database, claim, lambda: woken.append(states(database)))
    journal.say(STARTED)
    journal.say(DONE)
    assert woken == [["started"], ["started", "done"]]
    assert states(database, 1) == ["done"]
    assert states(database, 2) == []


def test_events_of_a_transaction_are_stored_with_it_or_not_at_all(database: Database, claim: Claim) -> None:
    journal = Journal(database, claim, lambda: None)
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        journal.store(session, STARTED)
        raise ZeroDivisionError
    assert states(database) == []
    with database.transaction() as session:
        journal.store(session, STARTED, DONE)
        journal.store(session, End(state="done", version=1))
    assert states(database) == ["started", "done", "done"]


def test_who_lost_the_claim_says_nothing(database: Database, claim: Claim) -> None:
    with database.transaction() as session:
        claim.finish(session)
    woken: list[None] = []
    with pytest.raises(ClaimLost):
        Journal(database, claim, lambda: woken.append(None)).say(STARTED)
    assert (states(database), woken) == ([], [])


def test_a_deploy_has_the_lines_of_no_other(deploying: Deploying) -> None:
    with deploying.database.read() as session:
        assert stored_lines(session, "nothing") == []
