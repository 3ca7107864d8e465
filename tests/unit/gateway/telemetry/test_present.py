"""Series are shown of what the routing table has, and for a last scrape of what has just left it."""

import pytest

from tests.support.routes import version
from unshelf.contracts.routing import ModelRoute
from unshelf.gateway.telemetry.present import LAST_SCRAPE_SECONDS, PresentVersions


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def of(*versions: int) -> ModelRoute:
    return ModelRoute(versions=dict.fromkeys(versions, version()))


@pytest.mark.parametrize(("after", "gone"), [(None, [0, 1, 2]), (of(2), [1])])
def test_what_leaves_the_table_goes_after_the_last_scrape(after: ModelRoute | None, gone: list[int]) -> None:
    clock = Clock()
    present = PresentVersions(clock)
    present.changed({"iris": of(1, 2)})
    assert all(present.shows("iris", each) for each in (0, 1, 2))
    present.changed({"iris": after})
    assert all(present.shows("iris", each) for each in (0, 1, 2))
    clock.now += LAST_SCRAPE_SECONDS
    assert [each for each in (0, 1, 2) if not present.shows("iris", each)] == gone


def test_what_never_was_there_is_not_shown_and_what_is_of_no_model_always() -> None:
    present = PresentVersions()
    assert not present.shows("iris", 1)
    assert present.shows("", 0)


def test_what_comes_back_is_shown() -> None:
    clock = Clock()
    present = PresentVersions(clock)
    for table in (of(1), None, of(1)):
        present.changed({"iris": table})
    clock.now += 10 * LAST_SCRAPE_SECONDS
    assert present.shows("iris", 1)
