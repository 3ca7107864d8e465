"""A decision comes back as it was kept."""

from tests.support.deciding import NOON
from unshelf.monitor.decisions.decision import decision_of
from unshelf.monitor.decisions.tables import AlertDecisionRow


def test_a_decision_is_the_row_s() -> None:
    row = AlertDecisionRow(
        id="d1", alert="a1", choice="rollback", score=70, reason="It fails.", outcome="Now live: version 1 (100 %).", policy=None,
        by="ana", by_id="id-ana", at=NOON,
    )  # fmt: skip
    found = decision_of(row)
    assert (found.choice, found.score, found.by, found.at, found.policy) == ("rollback", 70, "ana", NOON, None)
