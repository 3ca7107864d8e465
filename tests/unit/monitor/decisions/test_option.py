"""An option's score is the sum of its points, within 0 to 100, and its verdict follows."""

import pytest

from unshelf.contracts.permissions import Permission
from unshelf.monitor.decisions.option import CardOption, ScoreReason


@pytest.mark.parametrize(
    ("points", "score", "verdict"),
    [
        ((-20,), 0, "weak"),
        ((20, 4), 24, "weak"),
        ((25,), 25, "possible"),
        ((30, 25), 55, "strong"),
        ((80, 80), 100, "strong"),
    ],
)
def test_the_score_is_the_sum(points: tuple[int, ...], score: int, verdict: str) -> None:
    option = CardOption(
        name="ignore", action="ignore", title="Ignore it", effect="", command="", permission=Permission.ALERTS_MANAGE,
        reasons=tuple(ScoreReason(points=each, say="So.") for each in points),
    )  # fmt: skip
    assert (option.score, option.verdict) == (score, verdict)
