"""A column before and after: shares in the same bins, for those who may read records."""

import pytest

from tests.support.actors import actor, user
from tests.support.monitored import asked
from tests.unit.monitor.monitors.conftest import BEGIN, HOUR, MODEL, Stage
from unshelf.contracts.errors import NotFound

ADMIN = actor("admin", id="admin", name="admin")


def test_shares_before_and_after(stage: Stage) -> None:
    stage.count(BEGIN, asked(300, 1, region="north"))
    found = stage.comparisons.of(ADMIN, MODEL, "inputs", column="region", since=BEGIN + 5 * HOUR, version=1)
    [part] = found.parts
    shares = dict(zip(part.labels, zip(part.reference, part.window, strict=True), strict=True))
    assert shares["north"][1] == 1.0
    assert shares["south"][0] == pytest.approx(0.5, abs=0.05)
    assert (found.against, found.since) == ("the baseline", BEGIN)
    assert "'" in found.say


@pytest.mark.parametrize(
    ("name", "column", "version", "say"),
    [
        ("errors", "age", 1, "looks at no columns"),
        ("inputs", "risk", 1, "has no column 'risk'"),
        ("inputs", "age", 2, "no requests in the window"),
        ("no-such", "age", 1, "has no monitor"),
    ],
)
def test_what_there_is_not_says_so(stage: Stage, name: str, column: str, version: int, say: str) -> None:
    stage.count(BEGIN, asked(100, 1))
    with pytest.raises(NotFound, match=say):
        stage.comparisons.of(ADMIN, MODEL, name, column=column, since=BEGIN, version=version)
    with pytest.raises(NotFound):
        stage.comparisons.of(user("eve", other="owner"), MODEL, "inputs", column="age", since=BEGIN, version=1)
