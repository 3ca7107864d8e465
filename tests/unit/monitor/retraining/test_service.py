"""Collections: slices and ranges are read, and what starts one again does so once."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.actors import actor
from unshelf.contracts.errors import InvalidInput
from unshelf.monitor.retraining.collection import CollectionQuery
from unshelf.monitor.retraining.service import CollectionsAgain, _is_near, _slice_of


def test_a_slice_is_a_column_and_a_value() -> None:
    assert _slice_of(CollectionQuery()) is None
    assert _slice_of(CollectionQuery(slice="plan=a=b")) == ("plan", "a=b")
    for wrong in ("plan", "=pro"):
        with pytest.raises(InvalidInput):
            _slice_of(CollectionQuery(slice=wrong))


def test_days_of_labels_reach_beyond_the_range() -> None:
    since, until = datetime(2026, 11, 10, 1, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)
    found = [day for day in range(1, 31) if _is_near(f"2026-11-{day:02}", since, until)]
    assert (found[0], found[-1]) == (8, 21)


def test_a_start_names_its_cause_and_has_the_project_of_the_model() -> None:
    asked: list[Any] = []

    class StandIn:
        def show(self, _actor: Any, id: str) -> Any:
            return SimpleNamespace(project="risk", id=id)

        def again(self, _actor: Any, id: str, *, key: str) -> Any:
            asked.append((id, key))
            return SimpleNamespace(id="c2")

    again: Any = CollectionsAgain(StandIn())  # type: ignore[arg-type]
    assert again.require(actor(), "c1") == "risk"
    assert again.start(actor(), "c1", key="trigger/t/1", parameters={"event": {}}) == "c2"
    again.start(actor(), "c1", key="trigger/t/1")
    assert asked[0] == asked[1]
    assert len(asked[0][1]) == 64
