"""Decision cards on the wire."""

from tests.support.deciding import VERSIONS, situation
from unshelf.monitor.decisions.decision import AlertDecision, DecisionCard
from unshelf.monitor.decisions.ranking import rank_options
from unshelf.monitor.decisions.schemas import AlertCard


def test_a_card_shows_options_in_order_with_their_reasons() -> None:
    found = situation(versions=VERSIONS)
    options = tuple(rank_options(found))
    decision = AlertDecision(
        id="d", choice="ignore", score=3, reason="", outcome="", policy=None, by="ana", at=found.moment
    )
    shown = AlertCard.of(
        DecisionCard(
            situation=found,
            project="risk",
            may_answer=True,
            options=options,
            decisions=(decision,),
            allowed=tuple(option.name == "pause" for option in options),
        )
    )
    assert [option.title for option in shown.options] == [option.title for option in options]
    assert [option.name for option in shown.options if option.may] == ["pause"]
    assert shown.options[0].reasons[0].say == options[0].reasons[0].say
    assert (shown.decisions[0].by, shown.project, shown.may_answer) == ("ana", "risk", True)
